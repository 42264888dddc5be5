import { jsonSchemas } from '../schemas.ts';

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly type?: string;
}

let manifest: Schema | null = null;

/** The keys that an object of `manifest.json` may have, by the path to it. */
export function schemaKeys(path: readonly (string | number)[]): { readonly key: string; readonly about?: string }[] {
  const found = new Map<string, string | undefined>();
  for (const schema of schemasAt(path))
    for (const [key, { description }] of Object.entries(schema.properties ?? {})) found.set(key, description);
  return [...found].map(([key, about]) => ({ key, ...(about === undefined ? {} : { about }) }));
}

/** The values that the schema lists for a place of `manifest.json`; none where anything may stand. */
export function schemaValues(path: readonly (string | number)[]): readonly (string | number | boolean)[] {
  const found = new Set<string | number | boolean>();
  for (const schema of schemasAt(path)) {
    if (schema.type === 'boolean') found.add(true).add(false);
    for (const value of schema.enum ?? [])
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') found.add(value);
  }
  return [...found];
}

/** What the schema says of a place of `manifest.json`. */
export function schemaAbout(path: readonly (string | number)[]): string | null {
  return schemasAt(path).find(({ description }) => description !== undefined)?.description ?? null;
}

function schemasAt(path: readonly (string | number)[]): readonly Schema[] {
  // Made once, when first asked for: most sessions never complete in a manifest.
  manifest ??= jsonSchemas()['manifest'] as Schema;
  let here = alternatives(manifest);
  for (const step of path) {
    here = here.flatMap((schema): readonly Schema[] => {
      if (typeof step === 'number') return schema.items ? alternatives(schema.items) : [];
      const own = Object.hasOwn(schema.properties ?? {}, step) ? schema.properties?.[step] : undefined;
      if (own) return alternatives(own);
      return typeof schema.additionalProperties === 'object' ? alternatives(schema.additionalProperties) : [];
    });
  }
  return here;
}

/** What is said of all alternatives is said of each that says nothing of its own. */
function alternatives(schema: Schema): readonly Schema[] {
  if (!schema.anyOf) return [schema];
  const said = schema.description === undefined ? {} : { description: schema.description };
  return schema.anyOf.flatMap(alternatives).map((one) => ({ ...said, ...one }));
}
