/**
 * Names that web frameworks give to a part of a path: `[slug]`, `[user-id]`, `[...rest]`, `[[...rest]]`. One or two
 * letters, and what holds a range, are a class; so is a run of the alphabet or of digits (`[abc]`).
 */
const parameter =
  /(?<!\\)(?:\[\[\.{3}[A-Za-z_][\w-]*\]\]|\[\.{3}[A-Za-z_][\w-]*\]|\[(?:id|[A-Za-z_]\w+(?:-\w{2,})+|[A-Za-z_]\w{2,})\])/g;

/** The names in brackets that are read as they stand, with the place of each. Every glob reads them so. */
export function parameterNames(path: string): readonly { readonly name: string; readonly at: number }[] {
  if (!path.includes('[')) return [];
  return [...path.matchAll(parameter)].flatMap(({ 0: name, index }) => (isRun(name) ? [] : [{ name, at: index }]));
}

/** A path whose names in brackets are plain ones of the same length, so that what is left of marks is a glob's. */
export function withoutParameters(path: string): string {
  if (!path.includes('[')) return path;
  return path.replaceAll(parameter, (name) => (isRun(name) ? name : 'x'.repeat(name.length)));
}

/** Whether each character is the one that follows the character before it. */
function isRun(name: string): boolean {
  const inside = name.slice(1, -1);
  for (let i = 1; i < inside.length; i++) if (inside.charCodeAt(i) !== inside.charCodeAt(i - 1) + 1) return false;
  return true;
}
