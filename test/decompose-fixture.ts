/** A spec, the repository that it stands in, and the plan that comes of it: what all tests about decomposing begin with. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { answerIn } from '../src/core/decompose/answer.ts';
import type { Sources } from '../src/core/decompose/import-order.ts';
import { decomposeByStructure } from '../src/core/decompose/structure.ts';
import { planFiles, planName } from '../src/core/decompose/write.ts';
import { loadPlan } from '../src/core/plan/load.ts';
import type { Plan, PlanFiles } from '../src/core/plan/model.ts';
import { readProposal, type Proposal } from '../src/core/plan/proposal.ts';
import type { Spec } from '../src/core/spec/model.ts';
import { readSpec } from '../src/core/spec/read.ts';
import type { Finding } from '../src/core/text/finding.ts';
import type { DecomposerAgent, DecomposerTurn } from '../src/node/decompose/model.ts';

export interface SpecWords {
  /** The front matter has it, with the title. */
  readonly id?: string;
  readonly title?: string;
  readonly outcome?: string;
  readonly inScope?: string;
  readonly outOfScope?: string;
  /** The command that proves it. */
  readonly evidence?: string;
  /** The sections behind these, with their headings. */
  readonly more?: string;
}

/** A spec that gives all four answers. What is not given is a shop's. */
export function specWith(words: SpecWords = {}): string {
  const { id, title = 'Shop', outcome = 'It sells.', inScope = 'Selling', outOfScope = 'Giving away' } = words;
  const front = id === undefined ? '' : `---\nid: ${id}\ntitle: ${title}\n---\n\n`;
  return `${front}# ${title}

## Outcome

${outcome}

## In scope

- ${inScope}

## Out of scope

- ${outOfScope}

## Evidence

- \`${words.evidence ?? 'make test'}\` passes
${words.more === undefined ? '' : `\n${words.more.trim()}\n`}`;
}

/** What a decomposer is given: a spec, and the repository that it stands in. */
export interface SpecSource {
  readonly specPath: string;
  readonly specText: string;
  readonly repoFiles: readonly string[];
  readonly texts?: ReadonlyMap<string, string>;
  /** With a parser, what imports prove is an edge. */
  readonly sources?: Sources;
}

/** The spec cut by its structure. It may have no plan in it; then the findings say why. */
export function cutByStructure(source: SpecSource) {
  const { spec, findings: read } = readSpec(source.specText, source.specPath);
  return { spec, read, ...decomposeByStructure({ spec, ...source }) };
}

export interface Planned {
  readonly spec: Spec;
  readonly proposal: Proposal;
  readonly dirName: string;
  readonly files: PlanFiles;
  readonly plan: Plan;
  /** Of reading the spec, of cutting it and of reading the plan again, one after the other. */
  readonly read: readonly Finding[];
  readonly findings: readonly Finding[];
  readonly loaded: readonly Finding[];
}

/** The spec cut by its structure, and the plan directory that is written for it. */
export function decomposed(source: SpecSource): Planned {
  const { spec, read, proposal, findings } = cutByStructure(source);
  assert.ok(proposal, findings.map(({ message }) => message).join('\n'));
  const dirName = planName(spec, source.specPath);
  const written = planned(proposal, { spec, specPath: source.specPath, dirName });
  return { spec, read, proposal, findings, dirName, ...written };
}

/** A whole proposal from what an agent may answer. */
export function proposed(value: unknown): Proposal {
  const read = readProposal(value);
  assert.ok('proposal' in read, 'problems' in read ? read.problems.join('\n') : '');
  return read.proposal;
}

export interface Written {
  readonly files: PlanFiles;
  readonly plan: Plan;
  readonly loaded: readonly Finding[];
}

export interface PlanPlace {
  readonly spec: Spec;
  readonly specPath: string;
  readonly dirName: string;
}

/** The plan directory of a proposal, and the plan that is read from it again. */
export function planned(proposal: Proposal, { spec, specPath, dirName }: PlanPlace): Written {
  const files = planFiles({ proposal, spec, specPath, dirName });
  const { plan, findings: loaded } = loadPlan(files, `parallel/${dirName}`);
  assert.ok(plan, loaded.map(({ message }) => message).join('\n'));
  return { files, plan, loaded };
}

/** The bundled example before it is decomposed: its files, and its spec. */
export function inventory(): SpecSource & { readonly texts: ReadonlyMap<string, string> } {
  const folder = path.join(import.meta.dirname, '../examples/inventory');
  const specPath = 'specs/TS-0042-inventory.spec.md';
  const texts = new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(folder, file).split(path.sep).join('/'), file] as const)
      .filter(([name]) => !/^(\.slicewave|node_modules|parallel|data)\//.test(name))
      .map(([name, file]) => [name, readFileSync(file, 'utf8')] as const),
  );
  return { specPath, specText: texts.get(specPath) ?? '', repoFiles: [...texts.keys()], texts };
}

const SPECS = path.join(import.meta.dirname, 'fixtures/specs');

/** The specs of the shape that people write. */
export const specNames = (): readonly string[] => readdirSync(SPECS).sort();

/** One of them, with the files of its repository and the few texts that matter. */
export function specOf(name: string): SpecSource & { readonly texts: ReadonlyMap<string, string> } {
  const folder = path.join(SPECS, name);
  const file = readdirSync(folder).find((entry) => entry.endsWith('.spec.md')) ?? '';
  const { files, texts } = JSON.parse(readFileSync(path.join(folder, 'repository.json'), 'utf8')) as {
    readonly files: readonly string[];
    readonly texts: Readonly<Record<string, string>>;
  };
  return {
    specPath: `specs/${file}`,
    specText: readFileSync(path.join(folder, file), 'utf8'),
    repoFiles: [...files, `specs/${file}`],
    texts: new Map(Object.entries(texts)),
  };
}

/** An agent that gives these answers (objects, or what it says), one a turn and then none, and remembers what it was asked. */
export function scriptedAgent(...answers: readonly (object | string)[]): {
  readonly agent: DecomposerAgent;
  readonly turns: readonly DecomposerTurn[];
} {
  const turns: DecomposerTurn[] = [];
  const agent: DecomposerAgent = (turn) => {
    turns.push(turn);
    const said = answers[turns.length - 1];
    return Promise.resolve(
      said === undefined
        ? { ok: false, failure: { reason: 'agent', message: 'it has no answer left', remedy: '' } }
        : {
            ok: true,
            value: { answer: answerIn(typeof said === 'string' ? said : JSON.stringify(said)), sessionId: 'session-1' },
          },
    );
  };
  return { agent, turns };
}
