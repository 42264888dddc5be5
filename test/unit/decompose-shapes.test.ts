import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CodeReader } from '../../src/core/code/model.ts';
import type { ProposedSlice } from '../../src/core/plan/proposal.ts';
import { openCodeReader } from '../../src/node/workspace/code-reader.ts';
import { cutByStructure } from '../decompose-fixture.ts';
import { shapes, type HandSlice, type Shape } from '../prose-shapes.ts';

const golden = path.join(import.meta.dirname, '../golden/decompose-shapes');
const writes = ({ create, modify }: ProposedSlice): string[] => [...create, ...modify];

interface Figures {
  /** Slices of the person that one of ours has at least half of the files of, and no more than half besides. */
  readonly matched: number;
  readonly slices: number;
  /** Files that are in the slice that was matched with the person's. */
  readonly placed: number;
  readonly files: number;
  readonly twice: readonly string[];
  readonly edges: number;
  readonly missing: readonly string[];
  readonly wrong: readonly string[];
}

function measured(made: readonly ProposedSlice[], byHand: readonly HandSlice[]): Figures {
  const all = made.flatMap(writes);
  const likeness = byHand
    .flatMap((hand) =>
      made.map((slice) => {
        const both = writes(slice).filter((file) => hand.files.includes(file)).length;
        return { hand, slice, both, share: both / (hand.files.length + writes(slice).length - both) };
      }),
    )
    .filter(({ both }) => both > 0)
    .toSorted((a, b) => b.share - a.share);
  const partner = new Map<HandSlice, ProposedSlice>();
  const taken = new Map<string, HandSlice>();
  for (const { hand, slice } of likeness) {
    if (partner.has(hand) || taken.has(slice.id)) continue;
    partner.set(hand, slice);
    taken.set(slice.id, hand);
  }
  const handOf = (id: string): string => taken.get(id)?.id ?? id;
  const waits = (id: string, edges: ReadonlyMap<string, readonly string[]>, seen = new Set<string>()): Set<string> => {
    for (const other of edges.get(id) ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      waits(other, edges, seen);
    }
    return seen;
  };
  const right = new Map(byHand.map(({ id, after }) => [id, after]));
  const ours = new Map(made.map(({ id, deps }) => [handOf(id), deps.map(handOf)]));
  return {
    matched: [...partner].filter(
      ([hand, slice]) => likeness.find((one) => one.hand === hand && one.slice === slice)!.share >= 0.5,
    ).length,
    slices: byHand.length,
    placed: byHand.reduce((sum, hand) => {
      const slice = partner.get(hand);
      return sum + (slice ? hand.files.filter((file) => writes(slice).includes(file)).length : 0);
    }, 0),
    files: byHand.reduce((sum, { files }) => sum + files.length, 0),
    twice: all.filter((file, i) => all.indexOf(file) !== i),
    edges: byHand.reduce((sum, { after }) => sum + after.length, 0),
    missing: byHand.flatMap(({ id, after }) =>
      after.filter((other) => !waits(id, ours).has(other)).map((other) => `${other} -> ${id}`),
    ),
    wrong: [...ours].flatMap(([id, deps]) =>
      deps.filter((other) => !waits(id, right).has(other)).map((other) => `${other} -> ${id}`),
    ),
  };
}

function text({ name }: Shape, made: readonly ProposedSlice[], figures: Figures, findings: readonly string[]): string {
  const rows = made.flatMap((slice) => [
    `${slice.id} ${slice.title} (${slice.estimate})${slice.deps.length > 0 ? ` after ${slice.deps.join(', ')}` : ''}`,
    ...slice.create.map((file) => `  + ${file}`),
    ...slice.modify.map((file) => `  ~ ${file}`),
    ...slice.requirements.map((line) => `  "${line}"`),
    `  checks: ${slice.verify.join('; ')}`,
  ]);
  const list = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', '));
  return `${[
    name,
    `slices matched ${figures.matched} of ${figures.slices}; files placed ${figures.placed} of ${figures.files}; in two slices: ${list(figures.twice)}`,
    `edges ${figures.edges - figures.missing.length} of ${figures.edges}; missing: ${list(figures.missing)}; wrong: ${list(figures.wrong)}`,
    '',
    ...rows,
    '',
    'Findings',
    ...findings.map((line) => `  ${line}`),
  ].join('\n')}\n`;
}

suite('decompose: prose held against what a person made of it', () => {
  let code: CodeReader | null = null;
  suiteSetup(async () => {
    code = await openCodeReader();
  });

  for (const shape of shapes) {
    test(shape.name, () => {
      const { files } = shape;
      const { proposal, findings } = cutByStructure({
        specPath: 'specs/wanted.md',
        specText: shape.spec,
        repoFiles: Object.keys(files),
        texts: new Map(Object.entries(files)),
        sources: { textOf: (file) => files[file] ?? null, code },
      });
      assert.ok(proposal, findings.map(({ message }) => message).join('\n'));
      const figures = measured(proposal.slices, shape.byHand);
      const told = text(
        shape,
        proposal.slices,
        figures,
        findings.map(({ severity, message }) => `${severity} ${message}`),
      );
      const kept = path.join(golden, `${shape.name.replaceAll(' ', '-')}.txt`);
      if (process.env['UPDATE_GOLDEN']) {
        mkdirSync(golden, { recursive: true });
        writeFileSync(kept, told);
      }
      assert.equal(told, readFileSync(kept, 'utf8'));
      assert.ok(figures.placed >= 0.8 * figures.files, told);
      assert.ok(figures.matched >= 0.8 * figures.slices, told);
      assert.deepEqual([figures.twice, figures.wrong], [[], []], told);
    });
  }
});
