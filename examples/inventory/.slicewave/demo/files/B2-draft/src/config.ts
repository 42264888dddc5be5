/** What the service can be told from outside. Read once, in `main.ts`, and passed on. */
export interface Config {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Where the data is kept; `null` keeps it in memory only. */
  readonly dataFile: string | null;
  readonly maxBodyBytes: number;
  /** How long stock is kept for an order that is not shipped. */
  readonly reservationMinutes: number;
}

/**
 * Reads the settings from environment variables (`INVENTORY_HOST`, `_PORT`, `_DATA`, `_MAX_BODY`). Throws with the name
 * of the variable when one cannot be understood: a service with half its settings must not start.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const data = env['INVENTORY_DATA'] ?? 'data/inventory.json';
  return {
    host: env['INVENTORY_HOST'] ?? '127.0.0.1',
    port: integer(env, 'INVENTORY_PORT', { fallback: 8080, min: 0, max: 65_535 }),
    dataFile: data === 'memory' ? null : data,
    maxBodyBytes: integer(env, 'INVENTORY_MAX_BODY', { fallback: 65_536, min: 256, max: 10_000_000 }),
    reservationMinutes: integer(env, 'INVENTORY_RESERVATION_MINUTES', { fallback: 30, min: 1, max: 1440 }),
  };
}

function integer(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name} must be a whole number from ${min} to ${max}, not "${text}"`);
  }
  return value;
}
