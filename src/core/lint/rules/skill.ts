import type { Rule } from './rule.ts';

/** What can be wrong with skills. */
export const skillRules = [
  {
    code: 'skill.yaml',
    severity: 'error',
    summary: 'The front matter of a skill is not YAML, so agents cannot load it.',
    details: `The lines between the two \`---\` at the top of a skill are YAML. Here they cannot be read, so an agent sees no name and
no description and never finds the skill; the format's validator refuses it.

The usual cause is a colon or a quotation mark inside an unquoted description:

    description: Use when: the user asks for a chart      (wrong)
    description: "Use when: the user asks for a chart"    (right)

A long description is easiest to write as a block: \`description: >-\`, then indented lines.`,
  },
  {
    code: 'skill.yaml-strict',
    severity: 'warning',
    summary: 'The front matter of a skill repeats a key or uses a strange one.',
    details: `A key stands twice, or a key is not a plain word. Most readers silently take the last one; the validator of the format
refuses the file. Which of the two values is meant is known only to the author: keep one.`,
  },
  {
    code: 'skill.front-matter',
    severity: 'error',
    summary: 'A SKILL.md does not start with front matter, so no agent finds it.',
    details: `A \`SKILL.md\` must start with \`---\` in its very first line, followed by \`name\` and \`description\` and a second \`---\`. A
byte order mark, blank lines, a comment or a heading before it make the format's validator and several agents see no front
matter at all.

    ---
    name: release-notes
    description: Writes release notes from merged pull requests. Use when a release is prepared.
    ---

A policy that is no Agent Skill needs none: call it \`something.skill.md\`.`,
  },
  {
    code: 'skill.name',
    severity: 'error',
    summary: "A skill's name is missing, malformed, or not its directory's name.",
    details: `The rules are those of the Agent Skills format, as its validator (\`skills-ref validate\`) checks them: 1 to 64 characters;
lower-case letters of any script, digits and single hyphens; no hyphen at either end; equal to the name of the directory the
\`SKILL.md\` is in. Both are compared after Unicode normalisation (NFKC).

    .claude/skills/release-notes/SKILL.md
    name: Release Notes      (wrong)
    name: release-notes      (right)

The quick fix takes the directory's name when that is a valid one. Otherwise rename the directory.`,
  },
  {
    code: 'skill.description',
    severity: 'error',
    summary: 'A skill has no usable description, so agents do not know when to use it.',
    details: `The description is all an agent knows of a skill until it opens it. The format wants 1 to 1,024 characters; the validator
refuses a file without one, with an empty one, or with a longer one.

Say what the skill does and when to use it: \`Fills in PDF forms. Use when the user gives a PDF with fields.\``,
  },
  {
    code: 'skill.compatibility',
    severity: 'error',
    summary: 'The compatibility note of a skill is longer than the format takes, or no text.',
    details: `\`compatibility\` is an optional line of at most 500 characters about what a skill needs: \`Needs git and Python 3.11\`. The
format's validator refuses a longer one, and anything but text. Move the detail into the body.`,
  },
  {
    code: 'skill.not-portable',
    severity: 'info',
    summary: "A front matter field of a skill is one vendor's extension, or has a form others refuse.",
    details: `The Agent Skills format knows six fields: \`name\`, \`description\`, \`license\`, \`compatibility\`, \`allowed-tools\` and
\`metadata\`. Everything else was added by one agent (the message names it where that is known); other agents ignore it, and the
format's validator refuses the file. The same holds for lists and maps in brackets.

If the skill is for one agent only, this is fine: switch the rule off for that directory. Notes such as a version or an author
belong under \`metadata\`:

    metadata:
      version: "1.2"`,
  },
  {
    code: 'skill.goal-missing',
    severity: 'warning',
    summary: 'A policy skill does not say what it is for.',
    details: `A policy that says what is allowed but not to which end leaves an agent to guess what to do when two rules pull in different
directions. One or two sentences under \`## Goal\` (Purpose and Objective count as well) are enough.

A policy is a file called \`*.skill.md\`, or a skill with at least one section of a policy, such as Stop conditions. Of an
ordinary skill none of these sections is asked.`,
  },
  {
    code: 'skill.allowed-missing',
    severity: 'warning',
    summary: 'A skill does not say what the agent is allowed to do.',
    details: `A policy skill needs a section \`## Allowed\` (Allowed actions, Scope and Permissions count as well). An agent that is told
only what to achieve takes whatever it can reach.

    ## Allowed
    - Read files inside the assigned repository
    - Edit only files named in the task
    - Run test and build commands`,
  },
  {
    code: 'skill.required-output-missing',
    severity: 'warning',
    summary: 'A skill does not say what a run must leave behind.',
    details: `Without a section \`## Required output\` every run reports what it likes, and nothing can be compared or checked. Ask for
\`run_id\`, \`files_changed\`, \`commands_run\`, \`tests_passed\`, \`risk_notes\` and \`review_needed\`. The quick fix adds them.`,
  },
  {
    code: 'skill.required-output-incomplete',
    severity: 'warning',
    summary: 'The required output of a skill omits part of the evidence.',
    details: `The section "Required output" is there but does not name everything a trace is compared with: \`run_id\` (which run),
\`files_changed\` and \`commands_run\` (what it says it did), \`tests_passed\` (what it says it saw), \`risk_notes\` and
\`review_needed\` (what a person must look at). The message lists what is absent; the quick fix adds it. Blanks and hyphens in
place of underscores count.`,
  },
  {
    code: 'skill.stop-missing',
    severity: 'warning',
    summary: 'A skill does not say when the agent must stop and ask.',
    details: `Agents do not stop by themselves: without stop conditions they guess, widen the scope, and retry. A policy skill needs a
section \`## Stop conditions\` (Stop rules and When to stop count as well). The quick fix adds the four usual ones: unclear
instructions, unexpected file scope, secrets, auth or production data, and test failure after two retries.`,
  },
  {
    code: 'skill.stop-incomplete',
    severity: 'warning',
    summary: 'The stop conditions of a skill say nothing about one of the usual risks.',
    details: `Four things go wrong often enough that every policy should speak of them: instructions that are unclear, a scope that turns
out larger than named, secrets, authentication or production data, and tests that keep failing. The section is searched for
words of each; the message names those that were not found. The quick fix adds a line for each.

If a condition is there in other words that were not recognised, suppress the rule with a reason.`,
  },
  {
    code: 'skill.final-reply-missing',
    severity: 'warning',
    summary: 'A policy skill does not say what the last message of a run must hold.',
    details: `People read the last message of many runs one after the other. A section \`## Final reply format\` (Reply format and Response
format count as well) makes them alike: what changed, which files, which commands with which result, risks, whether a review is
needed. The quick fix adds that.`,
  },
  {
    code: 'skill.permission-contradiction',
    severity: 'warning',
    summary: 'A skill allows and forbids the same thing, so agents differ in what they do.',
    details: `Found when the same act is allowed in one line and forbidden in another ("Edit any file" under Allowed, "Never edit files
outside the task" below), when a tool is both in \`allowed-tools\` and disallowed, and when \`allowed-tools\` lets run what the
text forbids without condition:

    allowed-tools: Bash(git push:*)
    ...
    Never push.

Only plain bans count; "do not push without review" is a condition, not a contradiction. Keep one of the two sides.`,
  },
  {
    code: 'skill.permission-unknown',
    severity: 'warning',
    summary: 'A permission rule of a skill matches nothing in the agent it is for.',
    details: `Claude Code matches paths by \`Read(...)\` and \`Edit(...)\` rules only, and each covers every tool that reads or edits files.
\`Write(src/**)\`, \`MultiEdit(...)\` and \`Glob(...)\` are accepted and do nothing. Other rules without effect: names no tool has
(\`bash\`, \`read_file\`), parentheses that do not pair, \`:*\` anywhere but at the end, \`WebFetch\` without \`domain:\`, and
\`Read(/Users/...)\`, which starts at the project (\`//\` starts at the disk).

    allowed-tools: Write(docs/**)    (does nothing)
    allowed-tools: Edit(docs/**)     (covers Write as well)

Bare names are judged only below \`.claude\`, where they must be Claude Code's.`,
  },
  {
    code: 'skill.bypass-flag',
    severity: 'warning',
    summary: 'A skill tells the agent to switch permissions, the sandbox or hooks off.',
    details: `Looks for \`--dangerously-skip-permissions\`, \`bypassPermissions\`, \`--dangerously-bypass-approvals-and-sandbox\`,
\`danger-full-access\`, \`--yolo\`, \`--allow-all-tools\` and \`git commit --no-verify\` in commands and in sentences that say to use
them. A sentence, a heading or a comment that forbids or warns of the flag makes it quiet.

What such a flag switches off was put there for a reason, and whoever loads the skill takes the flag over unseen. Name the
commands and paths the skill needs in \`allowed-tools\`; mend what a hook finds.`,
  },
  {
    code: 'skill.reference-missing',
    severity: 'warning',
    summary: 'A skill refers to a file that does not exist.',
    details: `Checked are Markdown links, and code spans that name a file below \`scripts/\`, \`references/\` or \`assets/\`, from the
skill's directory and from the root of the repository. An agent that follows a dead reference loses a step or invents the
content.

Globs, placeholders (\`path/to/x\`, \`<name>\`), addresses, and sentences about files still to be made are left alone. Nothing is
said when the files of the repository are not known, as in a single file given on the command line.`,
  },
  {
    code: 'skill.too-long',
    severity: 'warning',
    summary: 'A skill is so long that it crowds out the work it is for.',
    details: `The Agent Skills format advises at most 500 lines and 5,000 tokens for the body of a skill: all of it is read into the
context of the agent when the skill is used. Tokens are estimated. Move what is not always needed into files beside it
(\`references/\`) and say when to read which.`,
  },
] as const satisfies readonly Rule[];
