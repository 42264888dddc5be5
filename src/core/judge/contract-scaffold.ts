import { declaredNames } from '../code/declared-names.ts';
import { asCounted } from '../text/order.ts';
import { codeSpans, stems } from '../text/mentions.ts';
import { readMarkdown } from '../text/markdown.ts';
import type { Plan, Slice } from '../plan/model.ts';
import { SourceText } from '../text/source.ts';
import { contractBlocks } from '../spec/contracts.ts';
import type { MissingContract } from './contracts.ts';

export interface ScaffoldRequest {
  readonly plan: Plan;
  /** Interfaces that lack a contract, all with the same providing workstream: they share one file. */
  readonly missing: readonly MissingContract[];
  /** The spec behind the plan, as Markdown. */
  readonly spec?: { readonly path: string; readonly text: string };
  /** For the language, where the plan names no technology. */
  readonly repoFiles?: readonly string[];
}

/** The beginning of a contract: what is known stands in it, what is not is marked for people to agree on. */
export interface ContractScaffold {
  /** Where it goes in the repository; beside the contracts the plan has. */
  readonly path: string;
  readonly language: string;
  readonly content: string;
  /** The slice that provides it; `null` when several of the workstream do. */
  readonly provider: string | null;
  readonly consumers: readonly string[];
  /** The interfaces it is for, one for each workstream that relies on it. */
  readonly covers: readonly MissingContract[];
  /** How many places are left to be agreed. */
  readonly open: number;
}

interface Dialect {
  readonly extension: string;
  readonly comment: string;
  /** Under which tags fenced blocks hold this language. */
  readonly fences: readonly string[];
}

const dialects: readonly (readonly [technology: RegExp, files: RegExp, dialect: Dialect])[] = [
  [
    /typescript|\bts\b|angular|nest|next/i,
    /\.tsx?$/,
    { extension: 'ts', comment: '//', fences: ['ts', 'tsx', 'typescript'] },
  ],
  [/python|django|flask|fastapi/i, /\.py$/, { extension: 'py', comment: '#', fences: ['py', 'python'] }],
  [/\bgo(lang)?\b/i, /\.go$/, { extension: 'go', comment: '//', fences: ['go', 'golang'] }],
  [/rust/i, /\.rs$/, { extension: 'rs', comment: '//', fences: ['rs', 'rust'] }],
  [/kotlin/i, /\.kt$/, { extension: 'kt', comment: '//', fences: ['kt', 'kotlin'] }],
  [/java(?!script)/i, /\.java$/, { extension: 'java', comment: '//', fences: ['java'] }],
  [/c#|\.net/i, /\.cs$/, { extension: 'cs', comment: '//', fences: ['cs', 'csharp', 'c#'] }],
  [/ruby|rails/i, /\.rb$/, { extension: 'rb', comment: '#', fences: ['rb', 'ruby'] }],
  [/php|laravel/i, /\.php$/, { extension: 'php', comment: '//', fences: ['php'] }],
  [/javascript|node/i, /\.[cm]?jsx?$/, { extension: 'js', comment: '//', fences: ['js', 'jsx', 'javascript'] }],
];
const prose: Dialect = { extension: 'md', comment: '', fences: ['md', 'markdown', ''] };

/**
 * A contract file to start from: the spec's own interface blocks that speak of these slices (whatever language they are
 * in, as code when it is that of the file and as a comment otherwise), the signatures it writes in code spans, and what
 * existing code imports across the border today. Nothing is made up: what is open stands as "to be agreed".
 */
export function scaffoldContract(request: ScaffoldRequest): ContractScaffold | null {
  const { plan, missing } = request;
  const first = missing[0];
  if (!first) return null;
  const stream = plan.workstreams.find((other) => other.id === first.provider);
  const providers = slicesOf(plan, missing, 'provider');
  const consumers = slicesOf(plan, missing, 'consumer');
  const dialect = dialectOf(request, providers);
  const about = new Set(
    [...providers, ...consumers].flatMap((slice) => [...stems([slice.title, slice.task.requirements].join(' '))]),
  );
  const home = stems([stream?.name ?? '', ...providers.flatMap((slice) => [slice.title, ...pathsOf(slice)])].join(' '));
  const { blocks, signatures } = interfaceSaid(request, home, [...providers, ...consumers]);

  const lines: string[] = [];
  const say = (text: string): void =>
    void lines.push(dialect.comment === '' ? text : `${dialect.comment} ${text}`.trimEnd());
  const opening =
    dialect.extension === 'php' ? ['<?php', ''] : dialect.extension === 'go' ? ['package contracts', ''] : [];
  say(`${stream?.name ?? first.provider}: what ${idsOf(consumers)} may rely on, provided by ${idsOf(providers)}.`);
  say('Written before any slice starts and changed by none: a change is a question to the person who runs the plan.');
  let open = 0;
  const code = blocks.filter((block) => dialect.fences.includes(block.language.toLowerCase()));
  for (const block of code) lines.push('', block.content.trimEnd());
  const known = new Set(code.flatMap((block) => declaredNames(block.content)));
  for (const block of blocks.filter((other) => !code.includes(other))) {
    lines.push('');
    say(`The spec says in ${block.language || 'words'}, to be written in the language of this file:`);
    for (const row of block.content.trimEnd().split('\n')) say(`  ${row}`);
    open++;
  }
  if (signatures.length > 0) {
    lines.push('');
    say('Named in the spec, types to be agreed:');
    for (const text of signatures) say(`- ${text}`);
    open += signatures.length;
  }
  const imports = missing.flatMap((item) => item.imports);
  const taken = new Map<string, { readonly names: Set<string>; readonly at: string }>();
  for (const { to, from, line, names } of imports) {
    const item = taken.get(to) ?? { names: new Set(), at: `${from}:${line}` };
    for (const name of names) item.names.add(name);
    taken.set(to, item);
  }
  const rest = [...taken].filter(([, { names }]) => names.size === 0 || [...names].some((name) => !known.has(name)));
  if (rest.length > 0) {
    lines.push('');
    say('Taken across this border today, to stay as it is unless agreed otherwise:');
    for (const [path, { names, at }] of rest)
      say(`- ${names.size > 0 ? [...names].sort().join(', ') : 'the module'} from ${path} (${at})`);
    open += rest.length;
  }
  const relied = new Map<string, Set<string>>();
  for (const pair of missing.flatMap((item) => item.slices))
    relied.set(pair.consumer, (relied.get(pair.consumer) ?? new Set()).add(pair.provider));
  for (const consumer of consumers) {
    // A block that names what the consumer is about answers for it.
    if (code.length > 0 && [...known].some((name) => isWithin(stems(name), about))) continue;
    lines.push('');
    say(
      `To be agreed: what ${consumer.id} (${consumer.title}) takes from ${[...(relied.get(consumer.id) ?? [])].join(', ')}: names, types, and what happens when it fails.`,
    );
    open++;
  }
  const file = [...stems(stream?.name ?? '')].length > 0 ? slug(stream?.name ?? '') : first.provider.toLowerCase();
  return {
    path: freePath(plan, file, dialect, missing),
    language: dialect.extension,
    content: `${[...opening, ...lines].join('\n')}\n`,
    provider: providers.length === 1 ? (providers[0]?.id ?? null) : null,
    consumers: consumers.map((slice) => slice.id),
    covers: missing,
    open,
  };
}

/** One scaffold for each providing workstream, in the order they are first missed. */
export function scaffoldContracts(request: ScaffoldRequest): readonly ContractScaffold[] {
  const providers = [...new Set(request.missing.map((item) => item.provider))];
  return providers.flatMap(
    (provider) =>
      scaffoldContract({ ...request, missing: request.missing.filter((item) => item.provider === provider) }) ?? [],
  );
}

function slicesOf(plan: Plan, missing: readonly MissingContract[], side: 'provider' | 'consumer'): readonly Slice[] {
  const ids = new Set(missing.flatMap((item) => item.slices.map((pair) => pair[side])));
  return plan.slices.filter((slice) => ids.has(slice.id)).sort((x, y) => asCounted(x.id, y.id));
}

function pathsOf(slice: Slice): string[] {
  return [...slice.scope.create, ...slice.scope.modify].flatMap((entry) => entry.path ?? []);
}

function idsOf(slices: readonly Slice[]): string {
  return slices.map((slice) => slice.id).join(', ');
}

function slug(text: string): string {
  return (text.toLowerCase().match(/[a-z0-9]+/g) ?? ['interface']).join('-');
}

/** Where the plan's other contracts stand, so that this one is found beside them. */
function directoryOf(plan: Plan): string {
  const target = plan.contracts.find((contract) => contract.target?.includes('/'))?.target;
  return target?.slice(0, target.lastIndexOf('/')) ?? 'contracts';
}

/** A path no contract of the plan has yet: `contracts/identity.ts`, else with the consumer in its name, where it is one. */
function freePath(plan: Plan, file: string, dialect: Dialect, missing: readonly MissingContract[]): string {
  const taken = new Set(plan.contracts.flatMap((contract) => [contract.target ?? '', contract.path]));
  const names = [...new Set(missing.map(({ consumer }) => consumer))].map((id) =>
    slug(plan.workstreams.find((other) => other.id === id)?.name ?? id),
  );
  const candidates = [
    file,
    ...(names.length === 1 ? [`${file}-for-${names[0]}`] : []),
    ...plan.contracts.map((_, i) => `${file}-${i + 2}`),
    `${file}-next`,
  ];
  const spelled = candidates.map((name) => {
    const kebab = dialect.extension === 'ts' || dialect.extension === 'js' || dialect.extension === 'md';
    return `${kebab ? name : name.replaceAll('-', '_')}.${dialect.extension}`;
  });
  const free = spelled.find((name) => !taken.has(`${directoryOf(plan)}/${name}`) && !taken.has(`contracts/${name}`));
  return `${directoryOf(plan)}/${free ?? spelled[0] ?? file}`;
}

function dialectOf(request: ScaffoldRequest, providers: readonly Slice[]): Dialect {
  const written = providers.flatMap(pathsOf);
  const technology = request.plan.technology ?? '';
  const named = dialects.find(([pattern]) => technology !== '' && pattern.test(technology));
  // A plan in several languages has no one technology: what the providers write decides, when it is all of one other.
  const own = dialects.filter(([, pattern]) => written.some((path) => pattern.test(path)));
  const [only, ...more] = own;
  const other =
    only && more.length === 0 && !(named?.[2].extension === 'ts' && only[2].extension === 'js') ? only : null;
  const usual = dialects.find(([, pattern]) => (request.repoFiles ?? []).some((path) => pattern.test(path)));
  return (other ?? named ?? only ?? usual)?.[2] ?? prose;
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return some.size > 0 && [...some].every((word) => all.has(word));
}

interface InterfaceSaid {
  readonly blocks: readonly { readonly language: string; readonly content: string }[];
  readonly signatures: readonly string[];
}

/** `place(order: NewOrder): Order`, `GET /orders/{id}`, `class Order`, and not `npm test` or `(see below)`. */
const signature =
  /^(?:(?:export |async |public |static )*(?:function|def|func|fn|class|interface|type|struct|enum|trait)\s+\w[^`]*|[A-Za-z_][\w.]*\([^)]*\)(?:\s*(?::|->|=>)\s*.+)?|(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s+\/\S*(?:\s*->.*)?)$/;

/** What the spec itself says about the interface: blocks without a file name, and signatures where the slices are described. */
function interfaceSaid(request: ScaffoldRequest, home: ReadonlySet<string>, slices: readonly Slice[]): InterfaceSaid {
  const { spec, plan } = request;
  const named = new Set(plan.contracts.flatMap((contract) => [contract.path, contract.target ?? '']));
  const blocks: { language: string; content: string }[] = [];
  if (spec) {
    const markdown = readMarkdown(new SourceText(spec.path, spec.text));
    for (const { fence, path } of contractBlocks(markdown)) {
      // Blocks with a file name are contracts of the plan already, whoever uses them.
      if (path !== null && (named.has(path) || named.has(`contracts/${path.slice(path.lastIndexOf('/') + 1)}`)))
        continue;
      const names = declaredNames(fence.content);
      const speaks = names.some((name) => [...stems(name)].some((word) => home.has(word)));
      const captioned = [...stems(fence.caption ?? '')].some((word) => home.has(word));
      if (speaks || captioned) blocks.push({ language: fence.language, content: fence.content });
    }
  }
  const spans = slices.flatMap((slice) => codeSpans([slice.title, slice.task.requirements].join('\n')));
  return { blocks, signatures: [...new Set(spans.filter((span) => signature.test(span)))] };
}
