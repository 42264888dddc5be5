import { field, scalarText, textList } from '../../text/document.ts';
import type { Finding } from '../../text/finding.ts';
import { readJson } from '../../text/json.ts';
import type { RepositoryFacts } from '../../scope/repository-facts.ts';

/**
 * The findings with a fix for each dependency whose version the repository already says: in its lock file, or in its
 * `package.json` as one exact version. A version that the manifest's own range rules out is no answer, and what is to be
 * upgraded is not pinned to what is there.
 */
export function pinFixes(findings: readonly Finding[], text: string, facts: RepositoryFacts | null): Finding[] {
  if (!facts || !findings.some((found) => found.code === 'manifest.unpinned')) return [...findings];
  const pins = new Map<number, string>();
  const ecosystems = field(readJson(text).value, 'dependencies')?.value;
  for (const { key: ecosystem, value } of ecosystems?.kind === 'map' ? ecosystems.entries : []) {
    for (const list of ['add', 'add_dev']) {
      for (const { value: written, span } of textList(field(value, list)?.value, null)) {
        const pinned =
          ecosystem === 'node' ? pinNode(written, facts) : ecosystem === 'python' ? pinPython(written, facts) : null;
        if (pinned !== null) pins.set(span.start, pinned);
      }
    }
  }
  return findings.map((found) => {
    const pinned = found.code === 'manifest.unpinned' ? pins.get(found.span.start) : undefined;
    if (pinned === undefined) return found;
    return {
      ...found,
      fix: { title: `Pin to ${pinned}`, edits: [{ span: found.span, text: JSON.stringify(pinned) }] },
    };
  });
}

function pinNode(written: string, facts: RepositoryFacts): string | null {
  const match = /^((?:@[^/@\s]+\/)?[^@/\s]+)(?:@(.*))?$/.exec(written.trim());
  const name = match?.[1];
  if (name === undefined) return null;
  const version = nodeVersion(name, facts);
  return version !== null && inNodeRange(version, match?.[2]?.trim() ?? '') ? `${name}@${version}` : null;
}

function pinPython(written: string, facts: RepositoryFacts): string | null {
  const match = /^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?\s*([^;@]*)(;.*)?$/.exec(written.trim());
  const name = match?.[1];
  if (name === undefined) return null;
  const version = pythonVersion(name, facts);
  if (version === null || !inPythonRange(version, match?.[3]?.trim() ?? '')) return null;
  return `${name}${match?.[2] ?? ''}==${version}${match?.[4] === undefined ? '' : ` ${match[4]}`}`;
}

const exact = /^v?(\d+\.\d+\.\d+(?:-[\w.]+)?)$/;

function nodeVersion(name: string, facts: RepositoryFacts): string | null {
  const npm = facts.textOf('package-lock.json');
  const lock = npm === null ? null : readJson(npm).value;
  const locked =
    field(field(field(lock, 'packages')?.value, `node_modules/${name}`)?.value, 'version')?.value ??
    field(field(field(lock, 'dependencies')?.value, name)?.value, 'version')?.value;
  if (locked?.kind === 'scalar') return exact.exec(scalarText(locked))?.[1] ?? null;
  const quoted = name.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  const pnpm = facts.textOf('pnpm-lock.yaml');
  const found =
    (pnpm === null
      ? null
      : only(pnpm, new RegExp(String.raw`^ +'?${quoted}'?:\r?\n +specifier: .*\r?\n +version: ([^\s(]+)`, 'gm'))) ??
    only(
      facts.textOf('yarn.lock') ?? '',
      new RegExp(String.raw`^"?${quoted}@[^\n]*:\r?\n +version:? "?([^"\s]+)`, 'gm'),
    );
  if (found !== null) return exact.exec(found)?.[1] ?? null;
  const packages = facts.textOf('package.json');
  const root = packages === null ? null : readJson(packages).value;
  for (const list of ['dependencies', 'devDependencies']) {
    const version = field(field(root, list)?.value, name)?.value;
    const pinned = version?.kind === 'scalar' ? exact.exec(scalarText(version))?.[1] : undefined;
    if (pinned !== undefined) return pinned;
  }
  return null;
}

function pythonVersion(name: string, facts: RepositoryFacts): string | null {
  // Dashes, dots and underscores are one and the same in the names of Python packages.
  const quoted = name.split(/[-_.]+/).join('[-_.]+');
  for (const lock of ['uv.lock', 'poetry.lock']) {
    const found = only(
      facts.textOf(lock) ?? '',
      new RegExp(String.raw`^\[\[package\]\]\r?\nname = "${quoted}"\r?\nversion = "([^"\n]+)"`, 'gim'),
    );
    if (found !== null) return found;
  }
  return only(
    facts.textOf('requirements.txt') ?? '',
    new RegExp(String.raw`^${quoted}(?:\[[^\]]*\])?\s*==\s*([\w.!+]+)`, 'gim'),
  );
}

/** The one thing a pattern finds; `null` when it finds none, or several that differ. */
function only(text: string, pattern: RegExp): string | null {
  const found = new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''));
  const [first] = found;
  return found.size === 1 && first !== undefined && first !== '' ? first : null;
}

/** The forms of ranges that people write in plans; any other is taken to rule the version out. */
function inNodeRange(version: string, range: string): boolean {
  if (range === '' || range === '*') return true;
  const match = /^(\^|~|>=)?\s*v?(\d+)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?$/.exec(range);
  if (!match) return false;
  const [, sign = '', ...rest] = match;
  const wanted = rest.map((part) => (part === undefined || !/^\d+$/.test(part) ? null : Number(part)));
  const has = parts(version);
  const floor = wanted.map((part) => part ?? 0);
  if (sign === '') return wanted.every((part, i) => part === null || part === has[i]);
  if (compareParts(has, floor) < 0) return false;
  if (sign === '>=') return true;
  if (sign === '~') return has[0] === floor[0] && (wanted[1] === null || has[1] === floor[1]);
  const fixed = floor[0] !== 0 ? 1 : floor[1] !== 0 ? 2 : 3;
  return floor.slice(0, fixed).every((part, i) => part === has[i]);
}

function inPythonRange(version: string, range: string): boolean {
  if (range === '') return true;
  return range.split(',').every((part) => {
    const match = /^(>=|<=|>|<|~=|!=)\s*(\d+(?:\.\d+)*)$/.exec(part.trim());
    if (!match) return false;
    const wanted = parts(match[2] ?? '');
    const order = compareParts(parts(version), wanted);
    switch (match[1]) {
      case '>=':
        return order >= 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      case '<':
        return order < 0;
      case '!=':
        return order !== 0;
      default:
        return order >= 0 && wanted.slice(0, -1).every((number, i) => number === (parts(version)[i] ?? 0));
    }
  });
}

function parts(version: string): number[] {
  return version
    .replace(/[-+].*$/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0);
}

function compareParts(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
