/**
 * Reading what agents print, one JSON object a line, without trusting any of it. Every accessor answers something
 * harmless for a value of the wrong shape, so that a reader never throws and never needs a cast.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object a line holds; `undefined` for anything else (prose, warnings, torn lines, other JSON). */
export function parseJsonLine(line: string): JsonObject | undefined {
  const trimmed = line.trim();
  if (!trimmed.startsWith('{')) return undefined;
  try {
    return objectOf(JSON.parse(trimmed));
  } catch {
    return undefined;
  }
}

export function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

/** The text, or `undefined` when there is none or it is empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The number, or `undefined` when it is none or not finite. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
