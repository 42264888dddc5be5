export type FileKind = 'spec' | 'task' | 'manifest' | 'skill' | 'instructions' | 'trace';

/** Files by which people instruct agents: open ones and each vendor's own. */
const instructionNames = /^(?:AGENTS(?:\.override)?|AGENT|CLAUDE(?:\.local)?|GEMINI)\.md$/;
const traceFile = /(?:^|\/)\.agent-runs\/[^/]+\/trace\.json$/;

/** A cheap look at a path: `false` when no file of that name can be one of ours, so that it need not be read. */
export function mayBeOurs(file: string): boolean {
  return /\.md$/i.test(file) || /(?:^|\/)manifest\.json$/.test(file) || traceFile.test(file.replaceAll('\\', '/'));
}

/**
 * What a file is, by its path and, where the path does not decide, its first lines: a spec, a task spec, a plan's
 * manifest, a skill, instructions for agents, a trace, or none of them.
 */
export function fileKind(file: string, text: string): FileKind | null {
  const path = file.replaceAll('\\', '/').replace(/^\.\//, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'manifest.json') {
    const ours = /"tech_spec_id"\s*:/.test(text) || (/"tech_spec"\s*:/.test(text) && /"tasks"\s*:/.test(text));
    return ours || /(?:^|\/)parallel\/[^/]+\/manifest\.json$/.test(path) ? 'manifest' : null;
  }
  if (traceFile.test(path)) return 'trace';
  if (!/\.md$/i.test(name)) return null;
  if (name === 'SKILL.md' || /\.skill\.md$/i.test(name)) return 'skill';
  // The format takes `skill.md` too; elsewhere a page of that name is about something else.
  if (
    name === 'skill.md' &&
    (/(?:^|\/)skills\//.test(path) || /^\uFEFF?---[ \t]*\r?\n[^]*?^name:/m.test(text.slice(0, 2000)))
  )
    return 'skill';
  if (instructionNames.test(name) || /(?:^|\/)\.github\/copilot-instructions\.md$/.test(path)) return 'instructions';
  if (/(?:^|\/)\.claude\/agents\//.test(path) && !/^readme\b/i.test(name)) return 'instructions';
  if (/(?:^|\/)tasks\/task-[^/]*\.md$/i.test(path) || /(?:^|\/)parallel\/[^/]+\/tasks\/[^/]+\.md$/.test(path))
    return 'task';
  const declared = /^\uFEFF?---[ \t]*\r?\n(?:[^]*?\n)?slicewave:[ \t]*["']?(spec|task|skill)["']?[ \t]*\r?\n/.exec(
    text.slice(0, 4000),
  )?.[1];
  if (declared === 'spec' || declared === 'task' || declared === 'skill') return declared;
  if (/\.spec\.md$/i.test(name)) return 'spec';
  if (/^(?:readme|index|template|changelog)\b/i.test(name)) return null;
  const isSpec = /^specs\/.+/.test(path) || /(?:^|\/)tech-specs\/.+/.test(path);
  return isSpec && !isSpecKit(path, text) ? 'spec' : null;
}

/** GitHub Spec Kit keeps a feature in `specs/NNN-name/`. It is read by its importer, and has sections of its own. */
function isSpecKit(path: string, text: string): boolean {
  const name = /(?:^|\/)specs\/\d{3,}-[^/]+\/(.+)\.md$/.exec(path)?.[1];
  if (name === undefined) return false;
  if (/^(?:research|data-model|quickstart|(?:contracts|checklists)\/.+)$/.test(name)) return true;
  // One may well write a spec of the method there; the headings are those of Spec Kit's templates.
  return /^#\s+(?:Feature Specification|Implementation Plan|Tasks)\b/m.test(text.slice(0, 4000));
}

/** The plan directory a file belongs to, or `null`: where its manifest is, or where its `tasks` directory is. */
export function planDirectoryOf(file: string, kind: FileKind): string | null {
  const path = file.replaceAll('\\', '/');
  if (kind === 'manifest') return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  if (kind !== 'task') return null;
  return /^(?:(.*)\/)?tasks\/[^/]+$/.exec(path)?.[1] ?? (path.startsWith('tasks/') ? '' : null);
}
