import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readSkill } from '../../src/core/skill/read.ts';
import { lintSkill } from '../../src/core/lint/skill/skill.ts';
import { applyFix } from './caret.ts';

const policy = `# parallel-agent-spec.skill.md
## Goal
Turn a broad request into reviewable slices.
## Allowed
- Read files inside the assigned repo path
## Required output
- run_id
## Stop conditions
- unclear instructions
## Final reply format
1. What changed
`;

suite('skill', () => {
  test('a policy skill is read by its sections', () => {
    const { skill, findings } = readSkill(policy, 'a.skill.md');
    assert.deepEqual(findings, []);
    assert.equal(skill.title, 'parallel-agent-spec.skill.md');
    assert.deepEqual(
      [skill.goal, skill.allowed, skill.requiredOutput, skill.stopConditions, skill.finalReply].map(
        (section) => section && policy.slice(section.heading.start, section.heading.end),
      ),
      ['Goal', 'Allowed', 'Required output', 'Stop conditions', 'Final reply format'],
    );
    assert.equal(skill.stopConditions?.text, '- unclear instructions');
  });

  test('headings of any level, other spellings, and front matter of an Agent Skill', () => {
    const { skill } = readSkill(
      '---\nname: x\nmetadata:\n  a: b\n---\n# X\n### Scope\ny\n## Stop rules\nz',
      'x/SKILL.md',
    );
    assert.deepEqual(skill.frontMatter, { name: 'x', metadata: { a: 'b' } });
    assert.deepEqual([skill.allowed?.text, skill.stopConditions?.text, skill.goal], ['y', 'z', null]);
  });

  test('the rules of the Agent Skills format', () => {
    const codes = (frontMatter: string, directory = 'pdf') =>
      lintSkill(`---\n${frontMatter}\n---\n# T\n`, `.claude/skills/${directory}/SKILL.md`)
        .filter((found) => /name|description|portable/.test(found.code))
        .map((found) => found.code);
    assert.deepEqual(
      codes(
        'name: pdf\ndescription: d\nlicense: MIT\ncompatibility: c\nallowed-tools: Read Bash(git:*)\nmetadata:\n  version: "1"',
      ),
      [],
    );
    assert.deepEqual(codes('description: d'), ['skill.name']);
    for (const name of ['PDF', 'a--b', '-a', 'a_b', 'x'.repeat(65)])
      assert.deepEqual(codes(`name: ${name}\ndescription: d`, name), ['skill.name'], name);
    assert.deepEqual(codes('name: other\ndescription: d'), ['skill.name']);
    assert.deepEqual(codes(`name: pdf\ndescription: ${'d'.repeat(1025)}`), ['skill.description']);
    assert.deepEqual(codes('name: pdf\ndescription: d\nallowed-tools: [Read]\nmetadata:\n  a: 1\nhooks: x'), [
      'skill.not-portable',
      'skill.not-portable',
    ]);
  });

  test('the quick fixes together make a whole policy, whatever is missing', () => {
    for (const newline of ['\n', '\r\n']) {
      for (const start of [
        '',
        '# P\n',
        policy.slice(0, policy.indexOf('## Stop')),
        policy.slice(0, policy.indexOf('## Required')),
        policy,
      ]) {
        let text = start.replaceAll('\n', newline);
        for (let round = 0; round < 6; round++) {
          const fixable = lintSkill(text, 'p.skill.md').find((found) => found.fix);
          if (!fixable) break;
          text = applyFix(text, fixable);
        }
        assert.deepEqual(lintSkill(text, 'p.skill.md'), []);
        if (newline === '\r\n' && start !== '') assert.ok(!/[^\r]\n/.test(text), 'line ends stay what they are');
      }
    }
  });

  test('never throws', () => {
    const piece = fc.constantFrom(
      '---\n',
      'name: ',
      'x\n',
      '# ',
      '## Allowed\n',
      '## Stop conditions\n',
      '- run_id\n',
      '{',
      '[',
      '"',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => void lintSkill(text, 'a/SKILL.md'),
      ),
    );
  });
});
