/** What a model might answer for the specs of `test/fixtures/specs`: a plan that holds, and two that do not. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectSources } from '../../src/core/decompose/project.ts';
import type { Proposal, ProposedSlice } from '../../src/core/plan/proposal.ts';
import { judge, type Judgement } from '../../src/core/judge/judge.ts';
import type { MissingContract } from '../../src/core/judge/contracts.ts';
import { evidencePlace, gatherEvidence, type Evidence } from '../../src/node/judge/judge.ts';
import { decomposed, planned, specOf } from '../decompose-fixture.ts';
import { temporaryRepository } from '../repository.ts';

export interface SpecRepository {
  readonly root: string;
  /** Repository-relative. */
  readonly specPath: string;
  readonly files: readonly string[];
  readonly remove: () => void;
}

/** The repository of a spec on disk, in git, with one commit; files whose text is not given hold their own name. */
export function createSpecRepository(name: string): SpecRepository {
  const { specPath, specText, repoFiles: files, texts } = specOf(name);
  const textOf = (file: string): string => (file === specPath ? specText : (texts.get(file) ?? placeholder(file)));
  const { root, remove } = temporaryRepository(Object.fromEntries(files.map((file) => [file, textOf(file)])), {
    prefix: `slicewave ${name} it's-`,
  });
  return { root, specPath, files, remove };
}

function placeholder(file: string): string {
  if (/(^|\/)package\.json$/.test(file)) return '{ "scripts": { "test": "node --test" } }\n';
  if (file.endsWith('.json')) return '{}\n';
  return /\.(py|toml|ya?ml|sh|lock)$/.test(file) ? `# ${file}\n` : `// ${file}\n`;
}

export interface SpecAnswers {
  readonly sound: Proposal;
  readonly cyclic: Proposal;
  /** The trail of its circle as people read it: `A1 -> A2 -> A1`, from any of its slices. */
  readonly circle: readonly [string, string];
  readonly overlapping: Proposal;
  readonly pair: { readonly earlier: string; readonly later: string; readonly path: string };
}

/** The answers for one repository, made from what the spec's structure gives and what the judge says of it. */
export async function specAnswers({ root, specPath, files }: SpecRepository): Promise<SpecAnswers> {
  const specText = readFileSync(path.join(root, specPath), 'utf8');
  const texts = new Map(
    projectSources(files).map((file) => [file, readFileSync(path.join(root, file), 'utf8')] as const),
  );
  const { spec, proposal } = decomposed({ specPath, specText, repoFiles: files, texts });
  const evidence = await gatherEvidence(evidencePlace(root));
  const look = (answer: Proposal): Judgement => {
    const { plan, files: written } = planned(answer, { spec, specPath, dirName: 'answer' });
    return judge({ ...evidence, plan, files: written, spec: { path: specPath, text: specText } });
  };
  const sound = soundOf(proposal, look);
  return { sound, ...cyclicOf(sound), ...overlappingOf(sound, look(sound), evidence) };
}

/** Does what the judge advises until it has nothing against the plan: what a model is hoped to do at the first try. */
function soundOf(first: Proposal, look: (answer: Proposal) => Judgement): Proposal {
  let answer = first;
  for (let round = 0; round < 12; round++) {
    const { contracts, overlaps, couplings, mergePoints, findings } = look(answer);
    if (!findings.some(({ severity }) => severity === 'error' || severity === 'warning')) return complete(answer);
    const orders: (readonly [before: string, after: string])[] = [
      ...overlaps.filter(({ verdict }) => verdict !== 'parallel').map(({ a, b }) => inPlan(answer, a, b)),
      ...couplings.pairs
        .filter(({ verdict }) => verdict !== 'parallel')
        .map(({ before, after }) => [before, after] as const),
    ];
    answer = {
      ...answer,
      slices: answer.slices.map((slice) => ({
        ...slice,
        deps: [
          ...new Set([...slice.deps, ...orders.flatMap(([before, after]) => (after === slice.id ? [before] : []))]),
        ],
        contracts: [
          ...slice.contracts,
          ...contracts.scaffolds
            .filter(({ covers }) => covers.some((item) => partOf(item, slice.id)))
            .map((scaffold) => scaffold.path),
        ],
      })),
      contracts: [
        ...answer.contracts,
        ...contracts.scaffolds.map(({ path: file, language, content, provider, consumers }) => ({
          path: file,
          language,
          content: content.replaceAll(/to be agreed/gi, 'agreed'),
          target: null,
          provider,
          consumers: [...consumers],
        })),
      ],
      merge_points: [
        ...answer.merge_points,
        ...mergePoints
          .filter(({ id }) => !answer.merge_points.some((point) => point.id === id))
          .map(({ id, needs, unlocks }) => ({
            id,
            needs: [...needs],
            unlocks: [...unlocks],
            verify: answer.merge_points[0]?.verify ?? [],
          })),
      ],
    };
  }
  const left = look(answer).findings.map(({ code, message }) => `${code}: ${message}`);
  throw new Error(`the judge is never satisfied:\n${left.join('\n')}`);
}

/** With every field that the schema asks for: Claude Code refuses an answer in which one is missing. */
function complete(answer: Proposal): Proposal {
  return { ...answer, slices: answer.slices.map((slice) => ({ ...slice, removed: slice.removed ?? [] })) };
}

function partOf({ slices }: MissingContract, id: string): boolean {
  return slices.some(({ provider, consumer }) => provider === id || consumer === id);
}

function inPlan({ slices }: Proposal, a: string, b: string): readonly [string, string] {
  const place = (id: string): number => slices.findIndex((slice) => slice.id === id);
  return place(a) < place(b) ? [a, b] : [b, a];
}

function changed(answer: Proposal, id: string, change: (slice: ProposedSlice) => Partial<ProposedSlice>): Proposal {
  return {
    ...answer,
    slices: answer.slices.map((slice) => (slice.id === id ? { ...slice, ...change(slice) } : slice)),
  };
}

/** The first slice that somebody waits for now waits for that one in turn. */
function cyclicOf(sound: Proposal): Pick<SpecAnswers, 'cyclic' | 'circle'> {
  const later = sound.slices.find((slice) => slice.deps.length > 0);
  const [first] = later?.deps ?? [];
  if (!later || first === undefined) throw new Error('nothing waits for anything');
  return {
    cyclic: changed(sound, first, ({ deps }) => ({ deps: [...deps, later.id] })),
    circle: [first, later.id],
  };
}

/** Of two slices that run side by side, the later one also changes all that the earlier one writes. */
function overlappingOf(
  sound: Proposal,
  { graph }: Judgement,
  { repository }: Evidence,
): Pick<SpecAnswers, 'overlapping' | 'pair'> {
  const wave = graph.waves.find((ids) => ids.length > 1) ?? [];
  const [earlier, later] = inPlan(sound, wave[0] ?? '', wave[1] ?? '');
  const writes = sound.slices.flatMap((slice) => (slice.id === earlier ? [...slice.create, ...slice.modify] : []));
  const path = writes.toSorted()[0] ?? repository.files[0] ?? '';
  return {
    overlapping: changed(sound, later, ({ modify }) => ({ modify: [...modify, ...writes], boundary: [] })),
    pair: { earlier, later, path },
  };
}
