/** Declarations of the languages that contracts are written in, one name each. */
const declarations: readonly RegExp[] = [
  // At the margin only: what a class holds is no name of its own.
  /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:public |pub )?(?:async )?(?:interface|type|class|enum|struct|trait|record|message|service|model|input|scalar|union|function|func|fn|def|const|rpc)\s+(?:\([^)\n]*\)\s*)?([A-Za-z_]\w*)/gm,
  /^[ \t]*create table (?:if not exists )?["'`]?(?:\w+\.)?(\w+)/gim,
  // OpenAPI: routes, and the names below `schemas:`.
  /^[ \t]*["']?\/(?:api\/)?(?:v\d+\/)?([a-z][\w-]*)[\w/{}:-]*["']?:[ \t]*$/gm,
];

/** The names that an interface file declares, each once, in the order they stand in. */
export function declaredNames(content: string): readonly string[] {
  const found: { readonly name: string; readonly at: number }[] = [];
  for (const pattern of declarations)
    for (const match of content.matchAll(pattern)) if (match[1]) found.push({ name: match[1], at: match.index });
  const schemas = /^([ \t]*)schemas:[ \t]*\n((?:\1[ \t]+.*\n?|[ \t]*\n)*)/m.exec(content);
  if (schemas) {
    const indent = /^[ \t]+/.exec(schemas[2] ?? '')?.[0] ?? '  ';
    for (const match of (schemas[2] ?? '').matchAll(new RegExp(`^${indent}([A-Za-z_]\\w*):`, 'gm')))
      found.push({ name: match[1] ?? '', at: schemas.index + match.index });
  }
  return [...new Set(found.sort((a, b) => a.at - b.at).map(({ name }) => name))];
}
