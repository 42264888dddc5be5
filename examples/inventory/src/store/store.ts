import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Records of one kind, by id. Values are copied in and out: nobody holds the stored object itself. */
export class Collection<T> {
  readonly #records: Map<string, unknown>;
  readonly #onChange: () => void;

  constructor(records: Map<string, unknown>, onChange: () => void) {
    this.#records = records;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#records.size;
  }

  get(id: string): T | undefined {
    return structuredClone(this.#records.get(id)) as T | undefined;
  }

  put(id: string, value: T): void {
    this.#records.set(id, structuredClone(value));
    this.#onChange();
  }

  /** Returns whether there was such a record. */
  delete(id: string): boolean {
    const existed = this.#records.delete(id);
    if (existed) this.#onChange();
    return existed;
  }

  /** Every record, in order of id. */
  all(): T[] {
    return [...this.#records.keys()].toSorted().map((id) => structuredClone(this.#records.get(id)) as T);
  }
}

/** Named collections in memory, saved together to one JSON file. Get one from `openStore`. */
export class Store {
  readonly #file: string | null;
  readonly #collections: Map<string, Map<string, unknown>>;
  #dirty = false;

  constructor(file: string | null, collections: Map<string, Map<string, unknown>>) {
    this.#file = file;
    this.#collections = collections;
  }

  /**
   * The collection of that name, created empty when new. `T` is taken on trust: the file is written by this service
   * only, and each name belongs to one module.
   */
  collection<T>(name: string): Collection<T> {
    let records = this.#collections.get(name);
    if (records === undefined) {
      records = new Map();
      this.#collections.set(name, records);
    }
    return new Collection<T>(records, () => {
      this.#dirty = true;
    });
  }

  /** Writes the file if something changed since the last save, and says whether it did. Readers never see half a file. */
  save(): boolean {
    if (this.#file === null || !this.#dirty) return false;
    const collections = Object.fromEntries(
      [...this.#collections].map(([name, records]) => [name, Object.fromEntries(records)]),
    );
    mkdirSync(dirname(this.#file), { recursive: true });
    const draft = `${this.#file}.${process.pid}.tmp`;
    writeFileSync(draft, `${JSON.stringify({ version: 1, collections }, null, 2)}\n`);
    renameSync(draft, this.#file);
    this.#dirty = false;
    return true;
  }
}

/** Opens the store in `file`; a file that does not exist yet is an empty store, and `null` keeps it in memory only. */
export function openStore(file: string | null): Store {
  return new Store(file, file === null ? new Map() : load(file));
}

function load(file: string): Map<string, Map<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON; restore it from a copy or move it away`, { cause: error });
  }
  if (!isRecord(content) || content['version'] !== 1 || !isRecord(content['collections'])) {
    throw new Error(`${file} is not an inventory data file of version 1`);
  }
  return new Map(
    Object.entries(content['collections']).map(([name, records]) => {
      if (!isRecord(records)) throw new Error(`${file}: the collection "${name}" is not an object`);
      return [name, new Map(Object.entries(records))];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
