import { agentFile, agents, repositoryOf } from './workspace.ts';
import type { Case, Cases } from './workspace.ts';

const agentsCase = (from: string, to: string): Case => ({ file: 'AGENTS.md', from, to });
const claudeCase = (from: string, to: string): Case => ({ file: 'CLAUDE.md', from, to });
const agentCase = (from: string, to: string): Case => ({ file: agentFile, from, to });

const list = agents.slice(agents.indexOf('- Run'), agents.indexOf('\n- Never'));

export const instructionsCases: Cases<'instructions'> = {
  'instructions.agent-front-matter': { file: '.claude/agents/notes.md', from: '', to: '|N|otes for all agents.\n' },
  'instructions.agent-yaml': {
    ...agentCase('Reads a change and says what is wrong with it. Use', '|Reads| a change. Use when: "now",'),
    quiet: '>-\n  Reads a change. Use when: "now",',
  },
  'instructions.agent-incomplete': {
    ...agentCase('description: Reads a change and says what is wrong with it. Use before a merge.', '|description|:'),
    quiet: 'description: >-\n  Reads a change.',
  },
  'instructions.agent-name': {
    ...agentCase('name: reviewer', 'name: |Code Reviewer|'),
    quiet: 'name: code-reviewer-2',
  },
  'instructions.agent-model': { ...agentCase('sonnet', '|gpt-5.2|'), quiet: 'claude-opus-4-6' },
  'instructions.permission-contradiction': {
    ...agentCase(`Glob\nmodel: sonnet\n---\n`, 'Glob, |Write|\nmodel: sonnet\n---\nYou must not modify any files.\n'),
    quiet: 'Glob, Write\nmodel: sonnet\n---\nDo not modify files outside `docs/`. Never modify generated files.\n',
  },
  'instructions.permission-unknown': {
    ...agentCase('Read, Grep, Glob', 'Read, |read_file|, Glob'),
    quiet: 'Read, Agent(Explore), mcp__docs__*, BrandNewTool',
  },
  'instructions.bypass-flag': {
    ...agentsCase('- Never commit with `--no-verify`\n', 'When hooks are slow, use |git commit --no-verify|.\n'),
    quiet: '- Reject a script that runs `git commit --no-verify`\n- Flags such as `--yolo` are dangerous\n',
  },
  'instructions.reference-missing': {
    ...claudeCase('@AGENTS.md', '|@docs/gone.md|'),
    quiet: '@docs/there.md `@docs/gone.md` me@example.md @scope/name.js @CLAUDE.local.md',
    repository: repositoryOf('CLAUDE.md', 'docs/there.md'),
  },
  'instructions.duplicated': {
    ...claudeCase('Read the page on tests first.', `|${list}|`),
    quiet: list.split('\n').slice(0, 2).join('\n'),
  },
  'instructions.too-long': {
    ...agentsCase('# Working here\n', `# |Working here|\n${'x\n'.repeat(500)}`),
    quiet: `# Working here\n${'x\n'.repeat(400)}`,
  },
};
