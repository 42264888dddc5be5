import type { PersonWait, PlanProfile } from '../run/profile.ts';
import { sumOf } from '../run/profile.ts';
import { whatShortens, type Change, type Shorter } from '../run/shorter.ts';
import { TIME_KINDS, type CommandTime, type Spent, type TimeKind } from '../run/spent.ts';
import { duration } from '../text/duration.ts';
import { counted, printable, shortened } from '../text/printing.ts';

/** Each kind of time as people read it. */
const LABELS: Readonly<Record<TimeKind, string>> = {
  agent: 'agents at work',
  'set-up': 'set-up',
  checks: 'checks',
  slicewave: 'Slicewave itself',
  person: 'waiting for a person',
  slot: 'waiting for a slot',
  dependency: 'waiting for a dependency',
  nobody: 'nobody ran it',
};

/** Names of one list, before the rest is counted. */
const MOST = 3;

/** Where the time of a plan went and what would shorten it, for a terminal. */
export function profileText(title: string, profile: PlanProfile): string {
  const whole = profile.to - profile.from;
  const until = profile.isDone ? 'until everything was done' : 'so far';
  const chain = profile.chain.map(({ id, from, to, spent }) => [
    id,
    `+${spell(from - profile.from)}`,
    spell(to - from),
    parts(spent),
  ]);
  const shorter = whatShortens(profile).map((one) => [
    `up to ${spell(one.saves)}`,
    CHANGES[one.change](profile),
    reason(one, profile),
  ]);
  const all = sumOf(profile.nodes.map(({ spent }) => spent));
  const inAll = parts({ ...all, dependency: 0 });
  return [
    `${printable(title)}: ${spell(whole)} ${until}`,
    '',
    'Where the time went, along the chain that decided it',
    ...columns(shares(profile.spent, whole)),
    '',
    'That chain: each began when the one before it was done',
    ...columns(chain),
    '',
    `In all: ${inAll === '' ? 'nothing' : inAll}; ${counted(profile.most, 'slice')} at once at most`,
    '',
    ...(shorter.length === 0
      ? ['Nothing that is seen here would shorten it but faster agents.']
      : ['What would have shortened it, each by itself', ...columns(shorter)]),
    '',
  ].join('\n');
}

const CHANGES: Readonly<Record<Change, (profile: PlanProfile) => string>> = {
  answers: () => 'answers at once',
  nobody: () => '`run --wait` all the time',
  'set-up': () => 'no set-up',
  checks: () => 'no checks',
  slicewave: () => 'a Slicewave that costs nothing',
  slot: ({ most }) => `${most + 1} slices at once`,
  slots: () => 'no limit of slices at once',
};

/** What stands behind it, so that somebody can do something about it. */
function reason({ change }: Shorter, { nodes }: PlanProfile): string {
  if (change === 'answers') {
    const waits = nodes.flatMap(({ id, waits: all }) => all.map((wait) => ({ id, ...wait })));
    return listed(
      waits.toSorted((a, b) => b.took - a.took),
      ({ id, on, took }: PersonWait & { readonly id: string }) => `${id} ${spell(took)} (${on})`,
    );
  }
  if (change === 'set-up' || change === 'checks')
    return listed(
      slowest(nodes.flatMap(({ commands }) => commands.filter(({ kind }) => kind === change))),
      (one) => one,
    );
  return '';
}

function listed<T>(all: readonly T[], said: (one: T) => string): string {
  const rest = all.length - MOST;
  return `${all.slice(0, MOST).map(said).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** Commands that are alike are one, with how often it ran; what took longest in all stands first. */
function slowest(commands: readonly CommandTime[]): readonly string[] {
  const sums = new Map<string, { took: number; times: number }>();
  for (const { command, took } of commands) {
    const sum = sums.get(command) ?? { took: 0, times: 0 };
    sums.set(command, { took: sum.took + took, times: sum.times + 1 });
  }
  return [...sums]
    .toSorted((a, b) => b[1].took - a[1].took)
    .map(
      ([command, { took, times }]) =>
        `\`${shortened(printable(command), 40)}\` ${spell(took)}${times > 1 ? ` in ${times} runs` : ''}`,
    );
}

function shares(spent: Spent, whole: number): readonly (readonly string[])[] {
  return TIME_KINDS.filter((kind) => spent[kind] > 0)
    .toSorted((a, b) => spent[b] - spent[a])
    .map((kind) => [LABELS[kind], spell(spent[kind]), `${Math.round((100 * spent[kind]) / Math.max(1, whole))} %`]);
}

function parts(spent: Spent): string {
  return TIME_KINDS.filter((kind) => spent[kind] >= 50)
    .toSorted((a, b) => spent[b] - spent[a])
    .map((kind) => `${LABELS[kind]} ${spell(spent[kind])}`)
    .join(', ');
}

/** Short times with a tenth, since a small plan is made of them. */
function spell(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)}s` : duration(ms);
}

/** A time or a part of the whole: `3.6s`, `+12m`, `83 %`. */
const FIGURE = /^\+?[\d.]+ ?(?:s|m|%|h\d\dm)$/;

/** Rows below each other; figures stand right, the last column is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<readonly number[]>(
    (most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)),
    [],
  );
  const aligned = (cell: string, width: number): string =>
    FIGURE.test(cell) ? cell.padStart(width) : cell.padEnd(width);
  return rows.map((row) => `  ${row.map((cell, at) => aligned(cell, widths[at] ?? 0)).join('  ')}`.trimEnd());
}

/** The same for programs; times in milliseconds, moments as ISO 8601 in UTC. */
export function profileJson(plan: string, profile: PlanProfile): Record<string, unknown> {
  const moment = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    v: 1,
    plan,
    from: moment(profile.from),
    to: moment(profile.to),
    done: profile.isDone,
    wall_ms: profile.to - profile.from,
    at_once: profile.most,
    spent_ms: spentJson(profile.spent),
    chain: profile.chain.map(({ id, from, to, spent }) => ({
      id,
      from: moment(from),
      to: moment(to),
      spent_ms: spentJson(spent),
    })),
    nodes: profile.nodes.map(({ id, kind, state, runs, ready, done, spent, waits, commands }) => ({
      id,
      kind,
      state,
      runs,
      ready: moment(ready),
      done: moment(done),
      spent_ms: spentJson(spent),
      waits: waits.map(({ on, took, isOver }) => ({ on, took_ms: took, over: isOver })),
      commands: commands.map(({ kind: of, command, took }) => ({ kind: of, command, took_ms: took })),
    })),
    shorter: whatShortens(profile).map(({ change, saves }) => ({ change, saves_ms: saves })),
  };
}

/** By the names of the kinds; `set-up` as it is written in JSON elsewhere. */
export function spentJson(spent: Spent): Record<string, number> {
  return Object.fromEntries(TIME_KINDS.map((kind) => [kind.replace('-', '_'), spent[kind]]));
}
