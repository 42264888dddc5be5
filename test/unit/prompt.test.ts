import assert from 'node:assert/strict';
import {
  assemblePrompt,
  editedPrompt,
  planPrompt,
  promptPath,
  resumePrompt,
  stopConditions,
} from '../../src/core/context/prompt.ts';
import { contextSources } from '../../src/core/context/sources.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { loadPlan } from '../../src/core/plan/load.ts';

const dir = 'parallel/TS-1-x';

const manifest = {
  tech_spec_id: 'TS-1',
  title: 'A shop',
  waves: [
    { number: 1, tasks: [{ id: 'A1', agent: 'claude' }] },
    { number: 2, tasks: [{ id: 'A2', agent: 'claude' }] },
  ],
  contracts: [
    { path: 'contracts/types.ts', target: 'src/types.ts', consumers: ['A1', 'A2'] },
    { path: 'contracts/other.ts' },
  ],
  layers: { data: ['db/**'] },
};

const task = (id: string, deps: string, scope: string): string => `---
id: ${id}
title: Slice ${id}
deps: [${deps}]
agent: claude
layers: [data]
contracts: [contracts/types.ts]
skills: [careful]
verify: ["npm test"]
stop: ["The price list is unclear to you in any way"]
---

# ${id}: Slice ${id}

## Scope

${scope}

## Requirements

- Prices are cents

## Notes

Mind the gap.

## Checklist

- [ ] \`npm run lint\` passes

## Stop conditions

- unclear instructions: ask
`;

const files = new Map([
  ['manifest.json', JSON.stringify(manifest)],
  ['tasks/task-001-one.md', task('A1', '', 'CREATE: src/new.ts\nMODIFY: none\nBOUNDARY: lib/**')],
  [
    'tasks/task-002-two.md',
    task('A2', 'A1', 'CREATE: none\nMODIFY:\n- src/old.ts\n- src/deep/*.ts\nBOUNDARY: lib/**, all of the past'),
  ],
  ['contracts/types.ts', 'export type Cents = number;\n'],
  ['contracts/other.ts', 'export type Other = string;\n'],
  ['context.md', '# Context\n\nA shop.\n'],
  ['conventions.md', '# Conventions\n\nNames are short.\n'],
]);

function load() {
  const { plan, findings } = loadPlan(files, dir);
  assert.ok(plan, findings.map((finding) => finding.message).join('\n'));
  return { plan, graph: planGraph(plan), slices: new Map(plan.slices.map((slice) => [slice.id, slice])) };
}

const repository: Readonly<Record<string, string>> = {
  'README.md': `# Shop\n\n${'It sells. '.repeat(20)}\n\n${'More about it. '.repeat(300)}\n`,
  'CLAUDE.md': 'Commands: npm test\n',
  'AGENTS.md': 'Commands: npm test\n',
  'src/CLAUDE.md': 'Below src: be careful\n',
  'src/old.ts': 'export const old = "```";\n',
  'src/deep/er.ts': 'export const deep = 1;\n',
  'src/unrelated.ts': 'export const unrelated = 1;\n',
  'db/schema.sql': 'create table product (sku text);\n',
  'skills/careful.skill.md': 'Look twice.\n',
  'package-lock.json': '{}',
};

function sources(repo: Readonly<Record<string, string>> = repository): Map<string, string> {
  return new Map([...Object.entries(repo), ...[...files].map(([name, text]) => [`${dir}/${name}`, text] as const)]);
}

const order = [
  'REQUIRED SKILLS',
  'CONTEXT',
  'OBJECTIVE',
  'CONTRACTS',
  'FILES TO CREATE',
  'FILES TO MODIFY',
  'DO NOT MODIFY',
  'IMPLEMENTATION REQUIREMENTS',
  'ACCEPTANCE CRITERIA',
  'EXECUTION INSTRUCTIONS',
  'IMPORTANT RULES',
  'COMPLETION SIGNAL',
];

function sectionsOf(text: string): Map<string, string> {
  const parts = text.split(/^=== (.+) ===$/m).slice(1);
  const sections = new Map<string, string>();
  for (let i = 0; i < parts.length; i += 2) sections.set(parts[i] ?? '', (parts[i + 1] ?? '').trim());
  return sections;
}

suite('prompt', () => {
  const { plan, graph, slices } = load();
  const slice = slices.get('A2')!;
  const prompt = assemblePrompt({ plan, slice, graph, sources: sources() });
  const sections = sectionsOf(prompt.text);

  test('all sections in order', () => {
    assert.deepEqual([...sections.keys()], order);
  });

  test('what the slice may write, what it may not, and what finished before it', () => {
    assert.equal(sections.get('FILES TO CREATE'), 'None.');
    assert.match(sections.get('FILES TO MODIFY') ?? '', /^- src\/old\.ts\n- src\/deep\/\*\.ts/);
    assert.match(sections.get('DO NOT MODIFY') ?? '', /- lib\/\*\*\n- all of the past/);
    assert.match(sections.get('CONTEXT') ?? '', /- A1 \(Slice A1\): src\/new\.ts/);
  });

  test('the three layers, each where it belongs', () => {
    assert.match(sections.get('CONTEXT') ?? '', /Names are short\.[\s\S]*create table product/);
    assert.match(sections.get('CONTEXT') ?? '', /Below src: be careful/);
    assert.match(
      sections.get('CONTRACTS') ?? '',
      /src\/types\.ts \(contract; you rely on it\):\n```ts\nexport type Cents = number;/,
    );
    assert.match(sections.get('FILES TO MODIFY') ?? '', /export const deep = 1;/);
    assert.match(sections.get('REQUIRED SKILLS') ?? '', /- careful[\s\S]*Look twice\./);
    assert.ok(!prompt.text.includes('unrelated'));
    assert.deepEqual(
      prompt.layers.map((layer) => layer.name),
      ['global', 'layer', 'task', 'instructions'],
    );
    assert.equal(
      prompt.layers.reduce((sum, layer) => sum + layer.tokens, 0),
      prompt.tokens,
    );
    assert.ok(prompt.layers.every((layer) => layer.tokens > 0));
    assert.deepEqual(prompt.dropped, []);
  });

  test('the same guide under two names is given once, a README only at its beginning', () => {
    assert.equal(prompt.text.split('Commands: npm test').length, 2);
    assert.ok(!prompt.text.includes('More about it. '.repeat(120)));
  });

  test('a fence is longer than any in the file', () => {
    assert.match(prompt.text, /\n````ts\nexport const old = "```";\n````\n/);
  });

  test('requirements, other sections, checks and stop conditions', () => {
    assert.match(sections.get('IMPLEMENTATION REQUIREMENTS') ?? '', /- Prices are cents\n\nNotes:\nMind the gap\./);
    assert.match(
      sections.get('ACCEPTANCE CRITERIA') ?? '',
      /These commands exit with 0:\n- `npm test`\n- `npm run lint`/,
    );
    const rules = sections.get('IMPORTANT RULES') ?? '';
    assert.match(rules, /secrets/i);
    assert.match(rules, /two retries/);
    assert.match(rules, /price list/);
    assert.match(
      sections.get('COMPLETION SIGNAL') ?? '',
      /```json[\s\S]*"status"[\s\S]*"risk_notes"[\s\S]*"learnings"[\s\S]*```/,
    );
  });

  test('within a budget, the least important sources become pointers', () => {
    const large = {
      ...repository,
      'src/old.ts': `// old\n${'const a = 1;\n'.repeat(400)}`,
      'db/schema.sql': 'select 1;\n'.repeat(400),
    };
    const whole = assemblePrompt({ plan, slice, graph, sources: sources(large) });
    assert.deepEqual(whole.dropped, []);
    const budget = whole.tokens - 500;
    const trimmed = assemblePrompt({ plan, slice, graph, sources: sources(large), budget });
    assert.ok(trimmed.tokens <= budget);
    assert.deepEqual(trimmed.dropped, ['db/schema.sql']);
    assert.match(trimmed.text, /db\/schema\.sql \(layer data\): read db\/schema\.sql/);
    assert.ok(trimmed.text.includes('// old'));
    const least = assemblePrompt({ plan, slice, graph, sources: sources(large), budget: 1 });
    assert.deepEqual([...sectionsOf(least.text).keys()], order);
    assert.ok(least.dropped.includes('src/old.ts') && least.dropped.includes(`${dir}/contracts/types.ts`));
  });

  test('the default budget is 12,000 tokens', () => {
    const huge = { ...repository, 'src/old.ts': 'const a = 1;\n'.repeat(20_000) };
    const result = assemblePrompt({ plan, slice, graph, sources: sources(huge) });
    assert.ok(result.tokens <= 12_000);
    assert.deepEqual(result.dropped, ['src/old.ts']);
  });

  test('the order of the sources does not matter', () => {
    const backwards = new Map([...sources()].toReversed());
    assert.deepEqual(assemblePrompt({ plan, slice, graph, sources: backwards }), prompt);
  });
});

suite('context sources', () => {
  const { plan, slices } = load();

  test('what a prompt wants of the repository, and nothing else', () => {
    const wanted = contextSources(plan, slices.get('A2')!, Object.keys(repository));
    assert.deepEqual(wanted, [
      `${dir}/contracts/types.ts`,
      `${dir}/conventions.md`,
      'CLAUDE.md',
      'AGENTS.md',
      'src/deep/er.ts',
      'src/old.ts',
      `${dir}/context.md`,
      'src/CLAUDE.md',
      'skills/careful.skill.md',
      'db/schema.sql',
      `${dir}/contracts/other.ts`,
      'README.md',
    ]);
  });

  test('a wide scope is capped', () => {
    const many = Array.from({ length: 500 }, (_, i) => `src/deep/${i}.ts`);
    assert.ok(contextSources(plan, slices.get('A2')!, many).length < 50);
  });
});

suite('prompts in the plan', () => {
  const { plan, graph, slices } = load();
  const slice = slices.get('A2')!;

  test('are made of the plan alone and named after the task spec', () => {
    const text = planPrompt(plan, slice, graph, files);
    assert.match(text, /Names are short/);
    assert.equal(promptPath(slice), 'prompts/task-002.txt');
    assert.equal(planPrompt(plan, slice, graph, new Map([...files, ['prompts/task-002.txt', 'x']])), text);
  });

  test('an edited one is told from a generated one', () => {
    const text = planPrompt(plan, slice, graph, files);
    const withPrompt = (prompt: string) =>
      editedPrompt(plan, slice, graph, new Map([...files, ['prompts/task-002.txt', prompt]]));
    assert.equal(editedPrompt(plan, slice, graph, files), null);
    assert.equal(withPrompt(text), null);
    assert.equal(withPrompt(`${text.replaceAll('\n', '\r\n')}\n`), null);
    assert.equal(withPrompt(`${text}More.\n`), `${text}More.\n`);
    // The last line is for Slicewave; an agent is given what stands above it.
    const [own = ''] = text.split('\n\n(Written by Slicewave, ');
    assert.equal(
      withPrompt(text.replace('=== CONTEXT ===', '=== CONTEXT ===\nMine.')),
      `${own.replace('=== CONTEXT ===', '=== CONTEXT ===\nMine.')}\n`,
    );
    assert.equal(withPrompt(own), null);
  });

  test('one that was written before its task spec was edited is not taken for an edited one', () => {
    const text = planPrompt(plan, slice, graph, files);
    const task = [...files.keys()].find((name) => `${plan.dir}/${name}` === slice.file) ?? '';
    const changed = new Map([
      ...files,
      ['prompts/task-002.txt', text],
      [task, (files.get(task) ?? '').replace('src/old.ts', 'src/other.ts')],
    ]);
    const later = loadPlan(changed, plan.dir).plan!;
    const now = later.slices.find(({ id }) => id === slice.id)!;
    assert.notEqual(planPrompt(later, now, planGraph(later), changed), text);
    assert.equal(editedPrompt(later, now, planGraph(later), changed), null);
  });

  test('an edited one is used as it is, with the current files and the signal it lacks', () => {
    const result = assemblePrompt({ plan, slice, graph, sources: sources(), edited: 'Do it my way.' });
    assert.ok(result.text.startsWith('Do it my way.\n\n=== CURRENT FILES ===\n'));
    assert.match(result.text, /export const deep = 1;/);
    assert.ok(!result.text.includes('Names are short'));
    assert.match(result.text, /=== COMPLETION SIGNAL ===/);
    const own = assemblePrompt({
      plan,
      slice,
      graph,
      sources: new Map(),
      edited: 'Mine.\n\n=== COMPLETION SIGNAL ===\nShout.\n',
    });
    assert.equal(own.text, 'Mine.\n\n=== COMPLETION SIGNAL ===\nShout.\n');
  });
});

suite('resuming a session', () => {
  test('an answer quotes the question', () => {
    const text = resumePrompt({ kind: 'answer', question: 'Cents\nor euros?', answer: 'Cents.' });
    assert.match(text, /> Cents\n> or euros\?[\s\S]*> Cents\.[\s\S]*JSON block/);
  });

  test('a retry shows commands, exit codes and the end of the output', () => {
    const output = `start${'x'.repeat(10_000)}end \`\`\`\``;
    const text = resumePrompt({
      kind: 'retry',
      failing: [
        { command: 'npm test', exitCode: 1, output },
        { command: 'sleep 9', exitCode: null, output: '' },
      ],
      note: 'Look at the clock.',
    });
    assert.match(text, /`npm test` \(exit code 1\)\n`{5}\n\.\.\.\n/);
    assert.ok(text.includes('end ````') && !text.includes('start'));
    assert.match(text, /`sleep 9` \(did not end by itself\)[\s\S]*\(no output\)/);
    assert.match(text, /> Look at the clock\./);
  });

  test('what was reverted and what was approved', () => {
    assert.match(resumePrompt({ kind: 'reverted', paths: ['a.ts', 'b.ts'] }), /- a\.ts\n- b\.ts/);
    assert.match(
      resumePrompt({ kind: 'approved', paths: ['a.ts'], waived: ['npm run e2e'] }),
      /- a\.ts[\s\S]*- `npm run e2e`/,
    );
    assert.match(resumePrompt({ kind: 'interrupted' }), /git status/);
  });

  test('a condition that only repeats one of the four is left out, a specific one stays', () => {
    const conditions = stopConditions([
      'unclear instructions',
      'A test still fails after two retries',
      'Secrets of the bank are touched',
    ]);
    assert.equal(conditions.length, 5);
    assert.equal(conditions.at(-1), 'Secrets of the bank are touched');
    assert.deepEqual(stopConditions(conditions), conditions);
  });
});
