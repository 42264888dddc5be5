import { createHmac, timingSafeEqual } from 'node:crypto';
import type { EvidenceKey } from './evidence-key.ts';

/** The digest before the first line. */
export const BEGINNING = '0'.repeat(32);

/**
 * Who wrote a line: `own`, this user on this machine; `foreign`, somebody with a key that is not here, which is all that
 * can be said; `plain`, a version of before digests, or anybody; `forged`, nobody who has the key it names.
 */
export type Origin = 'own' | 'foreign' | 'plain' | 'forged';

export interface ChainedLine {
  readonly origin: Origin;
  /** Without its digest. `undefined`: no JSON. */
  readonly value: unknown;
  readonly digest: string | null;
  /** The id of the key it names. */
  readonly key: string | null;
  /** As it stands in the file, its digest included. */
  readonly text: string;
  /** Its number in the file, from 1. */
  readonly line: number;
  /** An own line that does not follow the own line before it: something between them is gone, or they changed places. */
  readonly afterGap: boolean;
}

const SEALED = /^(\{.*),"chain":"([0-9a-f]{8})\.([0-9a-f]{32})\.([0-9a-f]{32})"\}$/s;

/**
 * A line of JSON with its digest: over the name of its file, the digest before it and itself. So a line holds in its place
 * and in no other, and one that is taken out is missed.
 */
export function seal(value: object, before: string, name: string, key: EvidenceKey): { text: string; digest: string } {
  const body = JSON.stringify(value);
  const digest = digestOf(body, before, name, key);
  return { text: `${body.slice(0, -1)},"chain":"${key.id}.${before}.${digest}"}`, digest };
}

function digestOf(body: string, before: string, name: string, key: EvidenceKey): string {
  return createHmac('sha256', key.secret).update(`${name}\n${before}\n${body}`).digest('hex').slice(0, 32);
}

/** Reads sealed lines and tells who wrote each. A line that appears again is forged: its digest was used up. */
export function unseal(text: string, name: string, key: EvidenceKey): readonly ChainedLine[] {
  const used = new Set<string>();
  const lines: ChainedLine[] = [];
  let last = BEGINNING;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const number = index + 1;
    const found = SEALED.exec(line);
    if (!found) {
      lines.push({
        origin: 'plain',
        value: parse(line),
        digest: null,
        key: null,
        text: line,
        line: number,
        afterGap: false,
      });
      continue;
    }
    const [, head = '', id = '', before = '', digest = ''] = found;
    const body = `${head}}`;
    const own = id === key.id;
    const holds = own && !used.has(digest) && same(digest, digestOf(body, before, name, key));
    const origin: Origin = holds ? 'own' : own ? 'forged' : 'foreign';
    const afterGap = holds && before !== last;
    lines.push({ origin, value: parse(body), digest, key: id, text: line, line: number, afterGap });
    if (!holds) continue;
    used.add(digest);
    last = digest;
  }
  return lines;
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
