import { compileGlob } from '../scope/glob.ts';
import type { Scope } from '../task/model.ts';

/**
 * Paths that mean secrets, auth or production data: the method's third stop condition. Matched case-insensitively.
 * A slice whose scope names such a path by its own name (not by a wide glob) was given it on purpose.
 */
const SENSITIVE: readonly { readonly glob: string; readonly what: string }[] = [
  { glob: '**/.env', what: 'secrets' },
  { glob: '**/.env.*', what: 'secrets' },
  { glob: '**/*.{pem,key,p12,pfx,jks,keystore,kdbx}', what: 'secrets' },
  { glob: '**/{id_rsa,id_ed25519,.npmrc,.pypirc,.netrc,.pgpass}', what: 'secrets' },
  { glob: '**/{secret,secrets,credentials}/**', what: 'secrets' },
  { glob: '**/{secret,secrets,credential,credentials}.*', what: 'secrets' },
  { glob: '**/{auth,authentication,authorization,oauth,sso}/**', what: 'auth' },
  { glob: '**/{auth,authentication,authorization,oauth}.*', what: 'auth' },
  { glob: '**/{prod,production}/**', what: 'production data' },
  { glob: '**/*{prod,production}.{json,yaml,yml,toml,sql,tfvars}', what: 'production data' },
];

/** Examples and documentation of secrets hold none. */
const HARMLESS = compileGlob('**/*.{example,sample,template,md}', { caseInsensitive: true });

const COMPILED = SENSITIVE.map((rule) => ({ ...rule, match: compileGlob(rule.glob, { caseInsensitive: true }) }));

/** What is sensitive about a path ("secrets"), or `null`. */
export function sensitivityOf(path: string): string | null {
  if (HARMLESS.matches(path)) return null;
  return COMPILED.find((rule) => rule.match.matches(path))?.what ?? null;
}

/** Whether the scope names this path, or its directory, in so many words. */
export function namedOnPurpose(scope: Scope, path: string): boolean {
  const what = sensitivityOf(path);
  return [...scope.create, ...scope.modify].some((entry) => {
    if (entry.path === null) return false;
    if (entry.path === path) return true;
    const literal = entry.path.split(/[*?[{]/)[0] ?? '';
    // `src/auth/**` says auth itself; `src/**` only happens to contain it.
    return (
      literal !== '' &&
      what !== null &&
      sensitivityOf(`${literal.replace(/\/$/, '')}/x`) === what &&
      path.startsWith(literal)
    );
  });
}
