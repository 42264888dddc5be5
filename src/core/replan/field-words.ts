import type { FieldChange } from './changes.ts';

/** `MODIFY + src/x.ts, deps - A2` */
export function describe(fields: readonly FieldChange<string>[]): string {
  return fields
    .flatMap(({ field, removed, added }) => [
      ...removed.map((value) => `${label(field)} - ${value}`),
      ...added.map((value) => `${label(field)} + ${value}`),
    ])
    .join(', ');
}

/** Fields as task specs write them. */
export function label(field: string): string {
  return field === 'create' || field === 'modify' || field === 'boundary' ? field.toUpperCase() : field;
}
