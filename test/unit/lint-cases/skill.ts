import { skill, skillCase } from './workspace.ts';
import type { Cases } from './workspace.ts';

export const skillCases: Cases<'skill'> = {
  'skill.yaml': skillCase('name: policy', 'name: |@|policy'),
  'skill.yaml-strict': skillCase('name: policy\n', 'name: policy\n|name|: policy\n'),
  'skill.name': skillCase('name: policy', 'name: |other|'),
  'skill.description': skillCase('description: What every agent here must keep to.', '|description|:'),
  'skill.not-portable': skillCase('name: policy\n', 'name: policy\n|model|: x\n'),
  'skill.allowed-missing': skillCase('Policy\n\n## Allowed', '|Policy|\n\n## Whatever'),
  'skill.required-output-missing': skillCase(
    skill.slice(skill.indexOf('Policy\n'), skill.indexOf('Required output') + 15),
    `|Policy|${skill.slice(skill.indexOf('\n\n## Allowed'), skill.indexOf('Required output'))}Else`,
  ),
  'skill.required-output-incomplete': skillCase('Required output\n\n- run_id, ', '|Required output|\n\n- '),
  'skill.stop-missing': skillCase(
    skill.slice(skill.indexOf('Policy\n')),
    `|Policy|${skill.slice(skill.indexOf('\n\n## Allowed'), skill.indexOf('## Stop'))}`,
  ),
  'skill.stop-incomplete': skillCase('Stop conditions\n\n- unclear instructions\n', '|Stop conditions|\n\n'),
  'skill.too-long': skillCase('# Policy\n', `# |Policy|\n${'word\n'.repeat(500)}`),
};
