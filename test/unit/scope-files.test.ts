/** The overlap of two slices as the files say it: what people write, read by the product's readers, against brute force. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { readManifest } from '../../src/core/manifest/read.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { loadPlan } from '../../src/core/plan/load.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { compileGlob } from '../../src/core/scope/glob.ts';
import { overlaps } from '../../src/core/scope/overlap.ts';
import { decomposed, specWith } from '../decompose-fixture.ts';
import { caseCount } from './case-count.ts';
import { allPaths, globs, oracle } from './glob-oracle.ts';

/** So many slices of one plan give each other 190 pairs. */
const SLICES = 20;
const universe = allPaths(5);

/**
 * Paths that name a place in their own directory or outside of the repository are not what this is about, and `...` is
 * what people write who say nothing.
 */
const written = globs.filter((glob) => !/(^|[/{,])\.*(?=[/},]|$)/.test(glob.replace(/\/$/, '')));

const inTaskSpec: readonly ((glob: string) => string)[] = [
  (glob) => `MODIFY: ${glob}`,
  (glob) => `MODIFY:${glob}`,
  (glob) => `**MODIFY**: ${glob}`,
  (glob) => `- **MODIFY:** ${glob}`,
  (glob) => `MODIFY: zz/first.ts, ${glob}, zz/last.ts`,
  (glob) => `MODIFY: \`${glob}\``,
  (glob) => `\`MODIFY\`: \`zz/first.ts\`, \`${glob}\``,
  (glob) => `MODIFY:\n- ${glob}`,
  (glob) => `MODIFY (existing):\n* ${glob}`,
  (glob) => `### MODIFY\n\n1. \`${glob}\` - as agreed`,
  (glob) => `MODIFY:\n- ${glob} - as agreed`,
  (glob) => `MODIFY:\n- ${glob} (as agreed)`,
  (glob) => `\`\`\`\nMODIFY: ${glob}\n\`\`\``,
  (glob) => `| directive | paths |\n|---|---|\n| **MODIFY** | ${glob} |`,
  (glob) => `| CREATE | MODIFY |\n|---|---|\n| zz/new.ts | \`${glob}\`<br>zz/old.ts |`,
];

const inSpec: readonly ((id: string, glob: string) => string)[] = [
  (id, glob) => `- ${id}: One (files: ${glob}; verify: make)`,
  (id, glob) => `- ${id}: One (verify: make; files: zz/first.ts, ${glob})`,
  (id, glob) => `- **${id}**: One (files: \`${glob}\`; verify: make)`,
  (id, glob) => `- ${id}: One\n  - files: ${glob}\n  - verify: make`,
  (id, glob) => `- ${id}: One\n  - **Files**: ${glob}\n  - **Verify:** make`,
  (id, glob) => `- ${id}: One\n  - files:\n    - ${glob}\n    - zz/last.ts\n  - verify: make`,
  (id, glob) => `\n### ${id}: One\n\n**Files:** ${glob}\n\nVerify: make\n`,
  (id, glob) => `\n### ${id}: One\n\nFiles:\n* \`${glob}\`\n\nVerify: make\n`,
  (id, glob) => `\n| id | title | files | verify |\n|---|---|---|---|\n| ${id} | One | ${glob} | make |\n`,
];

/** What both of two scopes hold, by regular expressions over all short paths. */
class Brute {
  readonly #matching: readonly ReadonlySet<string>[];
  readonly #expressions: readonly RegExp[];

  constructor(all: readonly string[]) {
    this.#expressions = all.map((glob) => oracle(glob));
    this.#matching = this.#expressions.map((expression) => new Set(universe.filter((one) => expression.test(one))));
  }

  shared(a: number, b: number): string | undefined {
    return [...this.#matching[a]!].find((one) => this.#matching[b]!.has(one));
  }

  /** Whether a scope holds a path, or names it beside the glob that is looked at. */
  holds(witness: string, index: number): boolean {
    return this.#expressions[index]!.test(witness) || witness.startsWith(`zz${index}/`);
  }
}

/** Every pair of the plan's slices: none missed, none invented, each witness in both. Gives how many, and how many meet. */
function check(plan: Plan, all: readonly string[], text: (index: number) => string): { pairs: number; met: number } {
  assert.equal(plan.slices.length, all.length);
  const brute = new Brute(all);
  const place = new Map(plan.slices.map(({ id }, i) => [id, i]));
  const found = new Map(
    overlaps(plan, planGraph(plan)).map(({ a, b, witness }) => [`${place.get(a)} ${place.get(b)}`, witness]),
  );
  let pairs = 0;
  for (let a = 0; a < all.length; a++)
    for (let b = a + 1; b < all.length; b++) {
      pairs++;
      const witness = found.get(`${a} ${b}`);
      const say = `${all[a]} and ${all[b]}, written\n${text(a)}\n${text(b)}`;
      if (witness !== undefined)
        assert.ok(brute.holds(witness, a) && brute.holds(witness, b), `${witness} is not in both: ${say}`);
      else assert.equal(brute.shared(a, b), undefined, `missed: ${say}`);
    }
  return { pairs, met: found.size };
}

/** What a slice names beside the glob that is looked at is nobody else's by name. */
const own = (text: string, i: number): string => text.replaceAll('zz/', `zz${i}/`);

function byTaskSpecs(all: readonly string[], notations: readonly number[]): { pairs: number; met: number } {
  const texts = all.map((glob, i) => own(inTaskSpec[notations[i]! % inTaskSpec.length]!(glob), i));
  const ids = all.map((_, i) => `task-${String(i + 1).padStart(3, '0')}`);
  const files = new Map([
    [
      'manifest.json',
      JSON.stringify({ tech_spec_id: 'TS-1', waves: [{ number: 1, tasks: ids.map((id) => ({ id })) }] }),
    ],
    ...ids.map(
      (id, i) =>
        [
          `tasks/${id}.md`,
          `---\nid: ${id}\nverify: make\n---\n\n# ${id}: One\n\n## Scope\n\n${texts[i]}\n\n## Notes\n\nNone.\n`,
        ] as const,
    ),
  ]);
  const { plan } = loadPlan(files, 'parallel/TS-1-x');
  assert.ok(plan);
  return check(plan, all, (i) => texts[i]!);
}

function bySpec(all: readonly string[], notations: readonly number[]): { pairs: number; met: number } {
  const texts = all.map((glob, i) => own(inSpec[notations[i]! % inSpec.length]!(`S-${i + 1}`, glob), i));
  const { plan } = decomposed({
    specPath: 'specs/x.spec.md',
    specText: specWith({ more: `## Slices\n\n${texts.join('\n')}` }),
    repoFiles: [],
  });
  // A slice of the order that the decomposer gives is found by its id.
  assert.deepEqual(
    plan.slices.map(({ id }) => id),
    all.map((_, i) => `S-${i + 1}`),
  );
  return check(plan, all, (i) => texts[i]!);
}

suite('overlap, as the files say it', () => {
  const cases = fc.record({
    all: fc.array(written, { minLength: SLICES, maxLength: SLICES }),
    notations: fc.array(fc.nat({ max: 1_000 }), { minLength: SLICES, maxLength: SLICES }),
  });
  const pairsOf = (runs: number, read: typeof byTaskSpecs): void => {
    let pairs = 0;
    let met = 0;
    fc.assert(
      fc.property(cases, ({ all, notations }) => {
        const seen = read(all, notations);
        pairs += seen.pairs;
        met += seen.met;
      }),
      { numRuns: runs },
    );
    assert.ok(pairs >= runs * 190 && met > pairs / 10 && met < pairs, `${met} of ${pairs} pairs meet`);
  };

  test('task specs: no overlap is missed or invented, and each witness is in both', () => {
    pairsOf(caseCount(4, 60), byTaskSpecs);
  });

  test('specs, cut into plans: likewise', () => {
    pairsOf(caseCount(4, 60), bySpec);
  });

  test('boundaries of workstreams in a manifest: likewise', () => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 2, maxLength: 6 }), fc.boolean(), (all, list) => {
        const boundary = list ? all : all.join(', ');
        const text = JSON.stringify({ tech_spec_id: 'TS-1', waves: [], workstreams: [{ id: 'WS-A', boundary }] });
        assert.deepEqual(readManifest(text, 'manifest.json').manifest?.workstreams[0]?.boundary, all);
      }),
      { numRuns: caseCount(100, 2_000) },
    );
  });

  test('globs match what git lists for them', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'slicewave-pathspec-'));
    try {
      const git = (args: readonly string[], input = ''): string =>
        execFileSync('git', args, { cwd: dir, input, encoding: 'utf8', maxBuffer: 1 << 26 });
      git(['init', '--quiet']);
      const blob = git(['hash-object', '-w', '--stdin'], 'x').trim();
      // An index holds no file and directory of one name.
      const inIndex = universe.filter((one) => one.length === 5);
      git(['update-index', '--index-info'], inIndex.map((one) => `100644 ${blob}\t${one}\n`).join(''));
      fc.assert(
        fc.property(
          // Braces are ours alone; git says of two stars beside other characters that they are invalid; and what ends in a directory, or in all of it, is the whole of it only here.
          written.filter((glob) => !/\{|\/\**$|[^/*]\*\*|\*\*[^/*]|\*{3}/.test(glob)),
          (glob) => {
            const listed = git(['ls-files', '-z', '--', `:(glob)${glob}`])
              .split('\0')
              .filter(Boolean);
            const ours = compileGlob(glob);
            const isPlain = !/[*?[]/.test(glob);
            const expected = inIndex.filter((one) => ours.matches(one) || (isPlain && one.startsWith(`${glob}/`)));
            assert.deepEqual(listed.toSorted(), expected.toSorted(), glob);
          },
        ),
        { numRuns: caseCount(40, 300) },
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
