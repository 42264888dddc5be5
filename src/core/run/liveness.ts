/** Where the number of a process means something: a machine, one of its boots, and a namespace of numbers there. */
export interface ProcessPlace {
  readonly host: string;
  /** What the system calls the machine, whatever its name; absent or empty: not known. */
  readonly machine?: string;
  /** Which boot it is: an id, or `at:<seconds since the epoch>` where there is none; absent or empty: not known. */
  readonly boot?: string;
  /** The namespace of process numbers, as containers have their own; absent or empty: there are none, or not known. */
  readonly space?: string;
}

/** Identifies a process across the reuse of its number. */
export interface ProcessIdentity extends ProcessPlace {
  readonly pid: number;
  /** What the system says of its start; empty where that is not to be had. */
  readonly started: string;
}

/** Whether a process lives, and how that is known. */
export type Liveness =
  | { readonly alive: true; readonly by: 'process' | 'heartbeat' }
  | { readonly alive: false; readonly by: 'process' | 'boot' | 'silence' };

/** A holder that cannot be asked and gave no sign for so long (milliseconds) counts as dead. Signs come every 10 s. */
export const SILENT_AFTER = 5 * 60_000;

/** Two times of one boot: clocks are set, and drift. */
const SAME_BOOT_WITHIN = 120;

/**
 * Where a process is, seen from here. `here`: its number can be asked for. `rebooted`: on this machine, before it was
 * started anew. `elsewhere`: on another machine, or in another container of this one.
 */
export function whereabouts(there: ProcessPlace, here: ProcessPlace): 'here' | 'rebooted' | 'elsewhere' {
  const boot = sameBoot(there.boot ?? '', here.boot ?? '');
  // One kernel: a container may have another machine id, or none, or that of its image.
  if (boot !== 'exactly') {
    const known = there.machine && here.machine;
    if (known ? there.machine !== here.machine : there.host !== here.host) return 'elsewhere';
    if (boot === 'no') return 'rebooted';
  }
  return there.space && here.space && there.space !== here.space ? 'elsewhere' : 'here';
}

function sameBoot(a: string, b: string): 'exactly' | 'roughly' | 'no' | 'unknown' {
  if (a === '' || b === '') return 'unknown';
  const [at, other] = [a, b].map((boot) => (boot.startsWith('at:') ? Number(boot.slice(3)) : null));
  if (typeof at === 'number' && typeof other === 'number')
    return Math.abs(at - other) <= SAME_BOOT_WITHIN ? 'roughly' : 'no';
  return a === b ? 'exactly' : 'no';
}

/**
 * Whether a process lives. `seen`: what the system here says of its number: `null`, nobody has it. `silence`:
 * milliseconds since its last sign, where it leaves any; it decides where the number cannot be asked for.
 */
export function liveness({
  holder,
  here,
  seen,
  silence,
}: {
  readonly holder: ProcessIdentity;
  readonly here: ProcessPlace;
  readonly seen: { readonly started: string } | null;
  readonly silence: number | null;
}): Liveness {
  switch (whereabouts(holder, here)) {
    case 'rebooted':
      return { alive: false, by: 'boot' };
    case 'elsewhere':
      return silence !== null && silence <= SILENT_AFTER
        ? { alive: true, by: 'heartbeat' }
        : { alive: false, by: 'silence' };
    case 'here': {
      const isSame = seen !== null && (holder.started === '' || seen.started === '' || holder.started === seen.started);
      return { alive: isSame, by: 'process' };
    }
  }
}

/** A holder in words, with what is known of it: for messages about what it holds. */
export function holderText(holder: ProcessIdentity, here: ProcessPlace, silence: number | null): string {
  const named = `process ${holder.pid}`;
  if (whereabouts(holder, here) !== 'elsewhere') return named;
  const isSameMachine =
    sameBoot(holder.boot ?? '', here.boot ?? '') === 'exactly' || (holder.machine && holder.machine === here.machine);
  const place = isSameMachine ? 'in another container' : 'another machine';
  return `${named} on ${holder.host}, ${place}, which last gave a sign ${ago(silence)}`;
}

function ago(silence: number | null): string {
  if (silence === null) return 'at a time that is not known';
  const seconds = Math.max(0, Math.round(silence / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
