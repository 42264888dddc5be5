export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface RouteRequest {
  /** The parts of the path that stand for `:name` in the pattern, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON body; `undefined` when there was none. */
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: Method;
  /** Segments that begin with a colon match any one segment: `/orders/:id/cancel`. */
  readonly pattern: string;
  readonly handle: (request: RouteRequest) => Reply;
}

export interface Router {
  /**
   * Finds the route and lets it answer. 404 when no pattern matches, 405 with `Allow` when one does for another method,
   * 400 when the path cannot be decoded. `HEAD` is answered as `GET`.
   */
  dispatch(method: string, url: URL, body: unknown): Reply;
}

/** Throws when two routes have the same method and shape, since the second could never be reached. */
export function createRouter(routes: readonly Route[]): Router {
  const shapes = new Set<string>();
  const table = routes.map((route) => {
    const shape = `${route.method} ${route.pattern.replaceAll(/:[^/]+/g, ':')}`;
    if (shapes.has(shape)) throw new Error(`${route.method} ${route.pattern} is declared twice`);
    shapes.add(shape);
    return { route, segments: route.pattern.split('/') };
  });

  return {
    dispatch(method, url, body) {
      let path: string[];
      try {
        path = url.pathname.split('/').map((segment) => decodeURIComponent(segment));
      } catch {
        return problem(400, 'invalid', `the path ${url.pathname} cannot be decoded`);
      }
      const wanted = method === 'HEAD' ? 'GET' : method;
      const allowed = new Set<Method>();
      for (const { route, segments } of table) {
        const params = match(segments, path);
        if (params === undefined) continue;
        if (route.method === wanted) return route.handle({ params, query: url.searchParams, body });
        allowed.add(route.method);
      }
      if (allowed.size === 0) return problem(404, 'not_found', `nothing at ${url.pathname}`);
      const allow = [...allowed].toSorted().join(', ');
      return { ...problem(405, 'method', `${url.pathname} answers ${allow}`), headers: { allow } };
    },
  };
}

/** The one shape in which every failure is told. */
export function problem(status: number, reason: string, message: string): Reply {
  return { status, body: { error: { reason, message } } };
}

function match(segments: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = path[index] ?? '';
    if (segment.startsWith(':') && part !== '') params[segment.slice(1)] = part;
    else if (segment !== part) return undefined;
  }
  return params;
}
