import type { Rule } from './rule.ts';

/** What can be wrong with the files that instruct agents: `AGENTS.md`, `CLAUDE.md`, `.claude/agents/*.md`. */
export const instructionsRules = [
  {
    code: 'instructions.agent-front-matter',
    severity: 'info',
    summary: 'A file below .claude/agents has no front matter, so it is no agent.',
    details: `Claude Code takes every Markdown file below \`.claude/agents\` that starts with front matter for an agent and passes over the
others. If this is meant to be an agent, start it with

    ---
    name: test-writer
    description: Writes missing tests. Use after a change to src.
    ---

If it is a note for people, keep it elsewhere, or call it \`README.md\`.`,
  },
  {
    code: 'instructions.agent-yaml',
    severity: 'info',
    summary: 'The front matter of an agent is not YAML; Claude Code reads it, other tools do not.',
    details: `Descriptions written by Claude Code itself often hold unquoted colons ("Use this agent when: ..."). It reads them all the
same, by a second and more tolerant look; editors, linters and other agents do not. Put the value in quotes, or write it as a
block: \`description: >-\`, then indented lines.`,
  },
  {
    code: 'instructions.agent-incomplete',
    severity: 'error',
    summary: 'An agent has no name or no description, so it is left out.',
    details: `An agent of Claude Code needs both: the name to be called by, and the description by which work is handed to it. A file with
front matter that lacks one of them is not loaded, and nothing says so while you work.`,
  },
  {
    code: 'instructions.agent-name',
    severity: 'warning',
    summary: 'The name of an agent has other characters than lower-case letters, digits and hyphens.',
    details: `Claude Code documents names of agents as lower-case letters and hyphens: \`code-reviewer\`, not \`Code Reviewer\`. Permission
rules (\`Agent(code-reviewer)\`) and mentions need the exact name, so blanks and capitals are easily missed. The quick fix
rewrites it; look for places that call the agent by its old name.`,
  },
  {
    code: 'instructions.agent-model',
    severity: 'warning',
    summary: 'An agent names a model that Claude Code does not run.',
    details: `\`model\` takes \`sonnet\`, \`opus\`, \`haiku\`, \`inherit\` or the full id of a model. Reported are models of other makers and
slips of one letter; ids that are merely unknown are left alone, because new ones appear all the time.`,
  },
  {
    code: 'instructions.permission-contradiction',
    severity: 'warning',
    summary: 'Instructions allow and forbid the same thing, so agents differ in what they do.',
    details: `Found when the same act is allowed in one line and forbidden in another, when a tool stands both in \`tools\` and in
\`disallowedTools\`, and when an agent has a tool for what its text forbids without condition:

    tools: Read, Grep, Write
    ...
    Never modify files.

Only plain bans count; "do not commit without review" is a condition. Keep one of the two sides; where a ban is meant, taking
the tool away is the side that holds.`,
  },
  {
    code: 'instructions.permission-unknown',
    severity: 'warning',
    summary: 'A tool, a permission rule or a mode of an agent is none that Claude Code has.',
    details: `Looks at \`tools\`, \`disallowedTools\` and \`permissionMode\` of \`.claude/agents/*.md\`. Names that no tool has (\`bash\`,
\`read_file\`), parentheses that do not pair and path rules of other tools than \`Read\` and \`Edit\` match nothing: the agent gets
fewer tools than its author thinks, or a ban does not hold. \`allowed-tools\` is a field of skills; in an agent the field is
called \`tools\`, and an agent without it inherits every tool.

Names with a capital that are merely unknown are left alone: new tools appear all the time, and \`mcp__...\` names are anyone's.`,
  },
  {
    code: 'instructions.bypass-flag',
    severity: 'warning',
    summary: 'Instructions tell the agent to switch permissions, the sandbox or hooks off.',
    details: `Looks for \`--dangerously-skip-permissions\`, \`bypassPermissions\`, \`--dangerously-bypass-approvals-and-sandbox\`,
\`danger-full-access\`, \`--yolo\`, \`--allow-all-tools\` and \`git commit --no-verify\` in commands, in sentences that say to use
them, and as the mode of an agent. A sentence, a heading or a comment that forbids or warns of the flag makes it quiet.

Instructions are read by every session of everyone who works here. Name the commands and paths that are needed instead; mend
what a hook finds.`,
  },
  {
    code: 'instructions.reference-missing',
    severity: 'warning',
    summary: 'Instructions refer to a file that does not exist.',
    details: `Checked are Markdown links, \`@path\` imports of \`CLAUDE.md\` and \`GEMINI.md\`, and documents that a sentence says to read
(\`see docs/testing.md\` as a code span; not in agents, which travel), from the file's directory and from the root. A missing import is
silently nothing; a missing document costs the agent a search, or it invents the content.

Globs, placeholders, addresses, private files (\`CLAUDE.local.md\`) and generated directories are left alone. Nothing is said
when the files of the repository are not known.`,
  },
  {
    code: 'instructions.duplicated',
    severity: 'info',
    summary: 'The same instructions stand in two files, which will drift apart.',
    details: `Compared are skills and instruction files of the workspace: three or more equal lines in a row of at least 200 characters, or
one line that long. Blanks, list marks and case make no difference; code, headings and front matter are left out. It is
reported in every file but the first (\`AGENTS.md\` before others, then the one nearest to the root).

When a file is a copy as a whole there is one finding. Let \`CLAUDE.md\` hold the one line \`@AGENTS.md\`, or make it a symbolic
link; links are not compared.`,
  },
  {
    code: 'instructions.too-long',
    severity: 'warning',
    summary: 'Instructions are so long that every session pays for them.',
    details: `These files are read whole at the start of every session, whatever it is about. Past 500 lines or about 5,000 tokens they
crowd out the work, and agents follow the single rule less. Keep what holds always; move what some tasks need into skills, into
files of the subdirectories they are about, or into documents that are named with the occasion to read them.`,
  },
] as const satisfies readonly Rule[];
