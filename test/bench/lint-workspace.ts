import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The files of a plan as `slicewave decompose` writes them, by path relative to the plan directory: task specs of some
 * 2 KB with scope, checklist and stop conditions, dependencies on the wave before, and the manifest that lists them.
 */
export function planDirectory(id: string, slices: number): Map<string, string> {
  const files = new Map<string, string>();
  const perWave = Math.max(1, Math.ceil(slices / Math.min(10, slices)));
  const waves = new Map<number, number[]>();
  const depsOf = (slice: number): number[] => {
    if (slice < perWave) return [];
    const first = slice - perWave;
    return [...new Set([first, Math.floor(first / perWave) * perWave + ((slice * 7) % perWave)])].sort((a, b) => a - b);
  };
  const blocks = new Map<number, number[]>();
  for (let slice = 0; slice < slices; slice++) {
    const wave = Math.floor(slice / perWave);
    waves.set(wave, [...(waves.get(wave) ?? []), slice]);
    for (const dep of depsOf(slice)) blocks.set(dep, [...(blocks.get(dep) ?? []), slice]);
  }
  for (let slice = 0; slice < slices; slice++) {
    const area = areaOf(slice);
    // A workstream has a hundred slices at most, as in the planner's bench.
    const workstream = `WS-${'ABCDEFGH'[slice % AREAS.length]}${Math.floor(slice / 800) + 1}`;
    const place = `src/${area}/part${Math.floor(slice / AREAS.length)}`;
    files.set(
      taskFileOf(slice),
      [
        '---',
        `id: ${name(slice)}-${area}`,
        `title: The ${area} of part ${slice}`,
        `component: ${area}`,
        `wave: ${Math.floor(slice / perWave) + 1}`,
        `deps: [${depsOf(slice).map(name).join(', ')}]`,
        `blocks: [${(blocks.get(slice) ?? []).map(name).join(', ')}]`,
        'agent: claude',
        `workstream: ${workstream}`,
        `tech_spec: specs/${id}.spec.md`,
        'contracts: [contracts/types.ts]',
        'verify:',
        `  - node --test test/${area}/part${slice}.test.ts`,
        'estimate: 2h',
        '---',
        '',
        `# ${name(slice)}-${area}: The ${area} of part ${slice}`,
        '',
        '## Scope',
        '',
        'CREATE:',
        `- \`${place}/model.ts\``,
        `- \`test/${area}/part${slice}.test.ts\` - one test per requirement`,
        '',
        'MODIFY:',
        `- \`${indexOf(slice)}::register${slice}\``,
        '',
        'BOUNDARY:',
        '- `contracts/**`',
        '- `package.json`',
        ...AREAS.filter((other) => other !== area).map((other) => `- \`src/${other}/**\``),
        '',
        '## Requirements',
        '',
        `- Every ${area} entry has an id, a name and the time at which it was last changed`,
        '- A name is trimmed, and refused when nothing is left of it; the error names the field',
        `- \`find\` answers \`null\` for an id nobody knows; \`list\` answers in the order of the names`,
        '- What is removed is kept for thirty days, marked with the time and the person',
        '',
        'The store hands out copies, so that a caller who changes what it was given changes nothing else. See',
        '[the architecture](../architecture.md) for who calls it.',
        '',
        '## Checklist',
        '',
        '- [ ] An empty name is refused; an unknown id answers `null`; a removed entry is no longer listed',
        `- [ ] \`node --test test/${area}/part${slice}.test.ts\` passes`,
        '',
        '## Stop conditions',
        '',
        'Stop, leave the work as it is, and ask when one of these holds:',
        '',
        '- The instructions are unclear: two readings of the task would lead to different behaviour',
        '- The scope grows: the work needs a file that the task does not name',
        '- Secrets, authentication or production data are involved',
        '- Tests still fail after two retries',
        '',
        '## Evidence',
        '',
        '- The diff touches nothing outside CREATE and MODIFY',
        '- Every command of the checklist was run after the last edit; its exit code and output are in the trace',
        '',
      ].join('\n'),
    );
  }
  const manifest = {
    tech_spec_id: id,
    name: 'bench',
    technology: 'typescript',
    workstreams: AREAS.map((area, i) => ({ id: `WS-${'ABCDEFGH'[i]}1`, name: area, boundary: [`src/${area}/**`] })),
    contracts: ['contracts/types.ts'],
    waves: [...waves].map(([wave, members]) => ({
      number: wave + 1,
      tasks: members.map((slice) => ({
        id: `${name(slice)}-${areaOf(slice)}`,
        agent: 'claude',
        component: areaOf(slice),
      })),
      validation: 'npm test',
    })),
    metadata: { total_tasks: slices },
  };
  files.set('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  files.set('contracts/types.ts', 'export interface Entry { readonly id: string; readonly name: string }\n');
  return files;
}

/** Eight parts of a shop; who works on one must leave the other seven alone. */
const AREAS = ['users', 'orders', 'stock', 'reports', 'search', 'billing', 'mail', 'audit'] as const;

/** The file of a slice by its number from 0, relative to the plan directory. */
export function taskFileOf(slice: number): string {
  return `tasks/${name(slice)}-${areaOf(slice)}.md`;
}

function name(slice: number): string {
  return `task-${String(slice + 1).padStart(4, '0')}`;
}

/** The file in which ten slices of one part each add a function of their own. */
function indexOf(slice: number): string {
  return `src/${areaOf(slice)}/index${Math.floor(slice / (AREAS.length * 10))}.ts`;
}

function areaOf(slice: number): string {
  return AREAS[slice % AREAS.length] ?? 'users';
}

/** A git repository that holds plans of the given sizes, and the code that their slices are to change. Answers how many bytes of task specs that is. */
export function writeRepository(root: string, plans: readonly number[]): number {
  let bytes = 0;
  for (const [index, slices] of plans.entries()) {
    const id = `TS-${1000 + index}`;
    for (const [name, text] of planDirectory(id, slices)) {
      const file = path.join(root, 'parallel', `${id}-bench`, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      if (name.startsWith('tasks/')) bytes += text.length;
    }
  }
  const code = new Map<string, string>();
  for (let slice = 0; slice < Math.max(...plans); slice++) {
    const file = indexOf(slice);
    code.set(file, `${code.get(file) ?? ''}export function register${slice}(): void {}\n`);
  }
  for (const [name, text] of code) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  writeFileSync(path.join(root, 'package.json'), '{ "scripts": { "test": "node --test" } }\n');
  execFileSync('git', ['init', '-q'], { cwd: root });
  return bytes;
}
