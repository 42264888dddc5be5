import { repositoryOf, skill, skillCase } from './workspace.ts';
import type { Case, Cases } from './workspace.ts';

const file = '.claude/skills/policy/SKILL.md';
/** The clean skill without one of its sections, its title marked. */
const without = (heading: string): Case => {
  const rest = skill.slice(skill.indexOf('Policy\n'));
  const start = rest.indexOf(`\n## ${heading}`);
  const end = rest.indexOf('\n## ', start + 1);
  const left = rest.slice('Policy'.length, start) + (end < 0 ? '' : rest.slice(end));
  return { file, from: rest, to: `|Policy|${left}`, quiet: rest.replace(`## ${heading}`, `### 3. **${heading}**`) };
};

export const skillCases: Cases<'skill'> = {
  'skill.yaml': { ...skillCase('name: policy', 'name: |@|policy'), quiet: 'name: "policy"' },
  'skill.yaml-strict': skillCase('name: policy\n', 'name: policy\n|name|: policy\n'),
  'skill.front-matter': { ...skillCase('---\nname', '|\n|---\nname'), quiet: '---  \nname' },
  'skill.name': { ...skillCase('name: policy', 'name: |other|'), quiet: "name: 'ｐolicy '" },
  'skill.description': {
    ...skillCase('description: What every agent here must keep to.', '|description|:'),
    quiet: `description: ${'é'.repeat(1024)}`,
  },
  'skill.compatibility': {
    ...skillCase('name: policy\n', `name: policy\ncompatibility: |${'x'.repeat(501)}|\n`),
    quiet: `name: policy\ncompatibility: ${'x'.repeat(500)}\n`,
  },
  'skill.not-portable': {
    ...skillCase('name: policy\n', 'name: policy\n|model|: x\n'),
    quiet: 'name: policy\nlicense: MIT\nallowed-tools: Read Bash(git:*)\nmetadata:\n  version: 1.0\n',
  },
  'skill.goal-missing': without('Goal'),
  'skill.allowed-missing': without('Allowed'),
  'skill.required-output-missing': without('Required output'),
  'skill.required-output-incomplete': {
    ...skillCase('Required output\n\n- run_id, ', '|Required output|\n\n- '),
    quiet: 'Required output\n\n- Run ID, ',
  },
  'skill.stop-missing': without('Stop conditions'),
  'skill.stop-incomplete': {
    ...skillCase('Stop conditions\n\n- unclear instructions\n', '|Stop conditions|\n\n'),
    quiet: 'Stop conditions\n\n- two readings contradict each other\n',
  },
  'skill.final-reply-missing': without('Final reply format'),
  'skill.permission-contradiction': {
    ...skillCase('- Edit only files named in the task\n', '- |Edit any file|\n\nNever edit files outside the task.\n'),
    quiet: '- Edit any file\n- Commit changes\n\nNever edit `.env`. Do not commit without review.\n',
  },
  'skill.permission-unknown': {
    ...skillCase('name: policy\n', 'name: policy\nallowed-tools: Read |Write(src/**)| Bash(git diff:*)\n'),
    quiet: 'name: policy\nallowed-tools: Read, Write, Edit(src/**), Bash(npm run test *), mcp__github__get_issue\n',
  },
  'skill.bypass-flag': {
    ...skillCase('## Goal\n', '## Goal\n\nThen run `claude |--dangerously-skip-permissions| -p go`.\n'),
    quiet:
      '## Goal\n\nNever run `claude --dangerously-skip-permissions`, and refuse to use `git commit --no-verify`.\n',
  },
  'skill.reference-missing': {
    ...skillCase('## Goal\n', '## Goal\n\nSee [the rules](|references/rules.md|#first).\n'),
    quiet:
      '## Goal\n\nSee [the rules](references/there.md#first), [the site](https://x.org/a.md), `scripts/check.py`, and write `assets/<name>.svg`.\n',
    repository: repositoryOf(
      file,
      '.claude/skills/policy/references/there.md',
      '.claude/skills/policy/scripts/check.py',
    ),
  },
  'skill.too-long': {
    ...skillCase('# Policy\n', `# |Policy|\n${'word\n'.repeat(500)}`),
    quiet: `# Policy\n${'word\n'.repeat(450)}`,
  },
};
