import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** Whether a path is a directory or lies below it, by name alone: links are not looked at. */
export function inside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative === '' || (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative));
}

/** Resolves `relative` inside `root`; `null` when it would leave it, links included for the part that exists. */
export async function contained(root: string, relative: string): Promise<string | null> {
  const full = path.resolve(root, relative);
  if (!inside(root, full)) return null;
  const realRoot = await realpath(root);
  for (let at = full; inside(root, at); at = path.dirname(at)) {
    const real = await realpath(at).catch(() => null);
    if (real !== null) return inside(realRoot, real) ? full : null;
  }
  return null;
}

/** A path as a person writes it: absolute, or `~/...`. */
export function expandHome(place: string): string {
  return place === '~' || place.startsWith('~/') ? path.join(homedir(), place.slice(1)) : place;
}

/** A path of this machine with forward slashes, as plans, findings and git name files. */
export function toPosix(file: string): string {
  return path.sep === '/' ? file : file.split(path.sep).join('/');
}
