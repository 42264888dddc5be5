import { createServer } from 'node:net';
import path from 'node:path';
import { stateHome } from '../process/state-home.ts';
import { acquireLock, type Lock } from '../state/locks.ts';

/** Ports of one run, and how to give them back. */
export interface Ports {
  /** What names them to agents, set-ups and checks. */
  readonly env: Readonly<Record<string, string>>;
  release(): Promise<void>;
}

const FIRST = 20_000;
/** Ports of one run. */
const BLOCK = 10;
/** Below those that Linux gives to outgoing connections (ip_local_port_range: from 32768). */
const BLOCKS = 1_276;

/**
 * Takes ten ports that no other run of this user on this machine has, whichever plan or repository it belongs to, and that
 * nothing listens on. They are taken by a lock that names this process, so those of a run that died are free again.
 *
 * `wish`: whose ports they are; the same one gets the same ports again where they are free.
 */
export async function takePorts(wish: string, dir: string = path.join(stateHome(), 'ports')): Promise<Ports> {
  const from = hashOf(wish) % BLOCKS;
  for (let tried = 0; tried < BLOCKS; tried++) {
    const first = FIRST + ((from + tried) % BLOCKS) * BLOCK;
    // Where nothing can be written, what listens is all that can be known.
    const lock = await acquireLock(path.join(dir, `${first}.lock`)).catch(() => 'unwritable' as const);
    if (lock === null) continue;
    if (await areFree(first)) return portsFrom(first, lock === 'unwritable' ? null : lock);
    if (lock !== 'unwritable') await lock.release();
  }
  return portsFrom(FIRST + from * BLOCK, null);
}

function portsFrom(first: number, lock: Lock | null): Ports {
  return {
    env: { SLICEWAVE_PORT: String(first), SLICEWAVE_PORT_RANGE: `${first}-${first + BLOCK - 1}` },
    release: async () => lock?.release(),
  };
}

async function areFree(first: number): Promise<boolean> {
  const ports = Array.from({ length: BLOCK }, (_, at) => first + at);
  return (await Promise.all(ports.map(isFree))).every(Boolean);
}

/** Whether a server could listen on a port of this machine now. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** FNV-1a, 32 bits: near names lie far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
