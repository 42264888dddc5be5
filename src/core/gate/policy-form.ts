type Form = (value: unknown) => string | null;

/**
 * Why a value is no `ScopePolicy`: where, and what is wanted there, as `.scope.create.0.path: wanted a text or null`, or
 * `: wanted an object` of the whole; `null`: it is one. Hooks refuse everything rather than go by less, and each edit of an agent
 * waits for one: this is written out so that nothing has to be loaded for it.
 */
export function whyNoPolicy(value: unknown): string | null {
  return policy(value);
}

const text: Form = (value) => (typeof value === 'string' ? null : ': wanted a text');
const textOrNull: Form = (value) => (value === null || typeof value === 'string' ? null : ': wanted a text or null');
const someText: Form = (value) => (typeof value === 'string' && value !== '' ? null : ': wanted a text');

function list(of: Form): Form {
  return (value) => {
    if (!Array.isArray(value)) return ': wanted a list';
    for (const [at, item] of value.entries()) {
      const why = of(item);
      if (why !== null) return `.${at}${why}`;
    }
    return null;
  };
}

function object(fields: Readonly<Record<string, Form>>): Form {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return ': wanted an object';
    const given = value as Readonly<Record<string, unknown>>;
    for (const [name, form] of Object.entries(fields)) {
      const why = form(Object.hasOwn(given, name) ? given[name] : undefined);
      if (why !== null) return `.${name}${why}`;
    }
    return null;
  };
}

const entries = list(object({ path: textOrNull, symbol: textOrNull, text }));

const policy = object({
  v: (value) => (value === 1 ? null : ': wanted 1'),
  plan: text,
  slice: text,
  worktree: someText,
  scope: object({ create: entries, modify: entries, boundary: entries }),
  approved: list(text),
});
