import type * as z from 'zod';
import { field, locate, plain, textList, textOf } from '../text/document.ts';
import type { DocumentMap, DocumentValue } from '../text/document.ts';
import { finding } from '../text/finding.ts';
import type { Finding } from '../text/finding.ts';
import { readJson } from '../text/json.ts';
import { SourceText } from '../text/source.ts';
import type { Located } from '../task/model.ts';
import { migration } from './migrate.ts';
import type {
  Budget,
  DependencyChanges,
  Manifest,
  ManifestContract,
  ManifestMergePoint,
  ManifestTask,
  ManifestWave,
  PlanLimits,
} from './model.ts';
import { isSandboxMode, type SandboxSetting } from '../sandbox/policy.ts';
import { splitOutside } from '../spec/attributes.ts';
import { legacyManifestSchema, manifestSchema } from './schema.ts';

/** As much as it takes. */
export const noBudget: Budget = { costUsd: null, tokens: null, minutes: null };

/** What holds when a manifest sets no limits. */
export const defaultLimits: PlanLimits = {
  maxParallel: null,
  maxRetries: 2,
  timeoutMinutes: 60,
  maxCostUsd: null,
  budget: noBudget,
};

/**
 * Reads `manifest.json` in its current or its legacy form. Schema errors become findings and the fields that are right
 * are still read; `manifest` is `null` only when the file holds no JSON object. Never throws.
 */
export function readManifest(text: string, file: string): { manifest: Manifest | null; findings: Finding[] } {
  const source = new SourceText(file, text);
  const { value, problems } = readJson(text);
  const findings = problems.map(({ message, span, tolerated }) => {
    // A comment may be worth keeping, and of two keys either may be right; these two are only in the way.
    const superfluous = tolerated && /^(?:\uFEFF|,)$/.test(text.slice(span.start, span.end));
    const fix = superfluous ? { title: 'Remove it', edits: [{ span, text: '' }] } : undefined;
    return tolerated
      ? finding(source, 'manifest.json-strict', 'warning', message, span, fix)
      : finding(source, 'manifest.json', 'error', message, span);
  });
  if (value?.kind !== 'map') {
    if (value) findings.push(finding(source, 'manifest.schema', 'error', 'a manifest is a JSON object', value.span));
    return { manifest: null, findings };
  }
  const legacy = !field(value, 'waves') && field(value, 'tasks')?.value.kind === 'map';
  const broken = problems.some((problem) => !problem.tolerated);
  // After a syntax error everything behind it is missing; complaining about that would only be noise.
  if (!broken) findings.push(...schemaFindings(source, value, legacy ? legacyManifestSchema : manifestSchema));
  if (legacy) {
    const manifest = readLegacy(value, file);
    findings.push(
      finding(
        source,
        'manifest.legacy',
        'info',
        'this is the older form of the manifest; it is read, and can be migrated',
        field(value, 'tasks')?.keySpan,
        broken ? undefined : migration(text, value, manifest),
      ),
    );
    return { manifest, findings };
  }
  findings.push(...pinFindings(source, value));
  return { manifest: readCurrent(value, file), findings };
}

function schemaFindings(source: SourceText, root: DocumentMap, schema: z.ZodType): Finding[] {
  const parsed = schema.safeParse(plain(root));
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => {
    const { value, keySpan, complete } = locate(root, issue.path);
    const where = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
    const missing = !complete || (value.kind === 'scalar' && value.span.start === value.span.end);
    // A missing key is shown at its parent: its key when it has one, else its opening bracket.
    const span = missing
      ? (keySpan ?? { start: value.span.start, end: value.span.start + 1 })
      : value.kind === 'scalar'
        ? value.span
        : (keySpan ?? { start: value.span.start, end: value.span.start + 1 });
    const message = missing && issue.code === 'invalid_type' ? 'this required field is missing' : issue.message;
    return finding(source, 'manifest.schema', 'error', where + message, span);
  });
}

/** Agents that run side by side must all get the same versions, so every version is pinned. */
function pinFindings(source: SourceText, root: DocumentMap): Finding[] {
  const findings: Finding[] = [];
  const ecosystems = field(root, 'dependencies')?.value;
  if (ecosystems?.kind !== 'map') return findings;
  for (const { key: ecosystem, value } of ecosystems.entries) {
    for (const list of ['add', 'upgrade', 'add_dev']) {
      for (const { value: name, span } of textList(field(value, list)?.value, null)) {
        if (isPinned(name, ecosystem)) continue;
        const example =
          ecosystem === 'node'
            ? `${name.replace(/(?<=.)@.*$/, '')}@1.2.3`
            : `${name.replace(/[<>=!~ ;].*$/, '')}==1.2.3`;
        findings.push(
          finding(
            source,
            'manifest.unpinned',
            'warning',
            `"${name}" is not pinned to one version, so two agents may get different ones: write ${example}`,
            span,
          ),
        );
      }
    }
  }
  return findings;
}

function isPinned(name: string, ecosystem: string): boolean {
  if (ecosystem === 'node')
    return /^(?:@[^/@]+\/)?[^@/]+@v?\d+\.\d+\.\d+[\w.+-]*$/.test(name) || /@(?:file|git|https?|workspace):/.test(name);
  return /===?\s*[\w.!+]+(?:\s*;.*)?$/.test(name) && !/[<>~*]/.test(name.replace(/;.*$/, ''))
    ? true
    : /@\s*(?:git\+|https?:|file:)/.test(name);
}

function readCurrent(root: DocumentMap, file: string): Manifest {
  const metadata = field(root, 'metadata')?.value;
  const integer = (value: DocumentValue | undefined): Located<number> | null =>
    value?.kind === 'scalar' && typeof value.value === 'number' && Number.isInteger(value.value)
      ? { value: value.value, span: value.span }
      : null;
  return {
    file,
    form: 'current',
    techSpecId: word(root, 'tech_spec_id') ?? '',
    name: word(root, 'name'),
    title: word(root, 'title'),
    technology: word(root, 'technology'),
    specPath: word(metadata, 'tech_spec') ?? word(root, 'tech_spec'),
    waves: readWaves(field(root, 'waves')?.value),
    workstreams: list(field(root, 'workstreams')?.value).flatMap((value) => {
      const id = word(value, 'id');
      return id === null ? [] : [{ id, name: word(value, 'name') ?? id, boundary: globs(value, 'boundary') }];
    }),
    mergePoints: list(field(root, 'merge_points')?.value).flatMap((value): ManifestMergePoint[] => {
      const id = word(value, 'id');
      if (id === null) return [];
      return [
        {
          id,
          needs: textList(field(value, 'needs')?.value),
          unlocks: textList(field(value, 'unlocks')?.value),
          verify: commands(value, 'verify'),
        },
      ];
    }),
    contracts: list(field(root, 'contracts')?.value).flatMap(readContract),
    layers: readRecord(field(root, 'layers')?.value, (value) => textList(value).map((entry) => entry.value)),
    limits: readLimits(field(root, 'limits')?.value),
    dependencies: readRecord(field(root, 'dependencies')?.value, readChanges),
    sandbox: readSandbox(field(root, 'sandbox')?.value),
    setup: field(root, 'setup') ? commands(root, 'setup') : null,
    metadata: {
      totalTasks: integer(field(metadata, 'total_tasks')?.value),
      maxParallel: integer(field(metadata, 'max_parallel')?.value),
      criticalPath: textList(field(metadata, 'critical_path')?.value),
    },
  };
}

function readWaves(value: DocumentValue | undefined): ManifestWave[] {
  return list(value).flatMap((wave, index): ManifestWave[] => {
    if (wave.kind !== 'map') return [];
    return [
      {
        number: number(wave, 'number') ?? index + 1,
        tasks: list(field(wave, 'tasks')?.value).flatMap((task) => readWaveTask(task) ?? []),
        validation: textOf(field(wave, 'validation')?.value),
      },
    ];
  });
}

function readWaveTask(value: DocumentValue): ManifestTask | null {
  const bare = value.kind === 'scalar' ? textOf(value) : null;
  const id = bare ?? textOf(field(value, 'id')?.value);
  if (!id) return null;
  return {
    id,
    agent: word(value, 'agent'),
    promptFile: word(value, 'prompt_file'),
    component: word(value, 'component'),
  };
}

function readContract(value: DocumentValue): ManifestContract[] {
  const path = value.kind === 'scalar' ? textOf(value)?.value : word(value, 'path');
  if (!path) return [];
  return [
    { path, target: word(value, 'target'), provider: word(value, 'provider'), consumers: words(value, 'consumers') },
  ];
}

function readLimits(value: DocumentValue | undefined): PlanLimits {
  const positive = (key: string): number | null => {
    const found = number(value, key);
    return found !== null && found > 0 ? found : null;
  };
  const retries = number(value, 'max_retries');
  const parallel = positive('max_parallel');
  return {
    maxParallel: parallel === null ? null : Math.max(1, Math.floor(parallel)),
    maxRetries: retries !== null && retries >= 0 && retries <= 10 ? Math.floor(retries) : defaultLimits.maxRetries,
    timeoutMinutes: positive('timeout_minutes') ?? defaultLimits.timeoutMinutes,
    maxCostUsd: positive('max_cost_usd'),
    budget: {
      costUsd: positive('budget_usd'),
      tokens: positive('budget_tokens'),
      minutes: positive('budget_minutes'),
    },
  };
}

/** A mode alone, or an object with more to say. What is not understood is a finding, and counts as not said. */
function readSandbox(value: DocumentValue | undefined): SandboxSetting {
  const mode = value?.kind === 'map' ? word(value, 'mode') : textOf(value)?.value;
  return {
    mode: isSandboxMode(mode) ? mode : null,
    checksNetwork: word(value, 'checks_network') === 'closed' ? 'closed' : 'open',
    writable: words(value, 'writable'),
    hidden: words(value, 'hidden'),
  };
}

function readChanges(value: DocumentValue): DependencyChanges {
  return {
    add: words(value, 'add'),
    upgrade: words(value, 'upgrade'),
    remove: words(value, 'remove'),
    addDev: words(value, 'add_dev'),
  };
}

/** `tasks.waves` is a count, a list of waves, or a map of them; `tasks.files` names the task specs. */
function readLegacy(root: DocumentMap, file: string): Manifest {
  const spec = field(root, 'tech_spec')?.value;
  const tasks = field(root, 'tasks')?.value;
  const byNumber = new Map<number, ManifestTask[]>();
  const add = (wave: number, task: ManifestTask): void =>
    void byNumber.set(wave, [...(byNumber.get(wave) ?? []), task]);
  const validations = new Map<number, Located<string>>();
  const waves = field(tasks, 'waves')?.value;
  const readWave = (value: DocumentValue, number_: number): void => {
    const members = value.kind === 'list' ? value : field(value, 'tasks')?.value;
    for (const member of list(members)) {
      const task = readWaveTask(member);
      if (task) add(number_, task);
    }
    const validation = textOf(field(value, 'validation')?.value);
    if (validation) validations.set(number_, validation);
  };
  if (waves?.kind === 'list') {
    for (const [index, value] of waves.items.entries())
      readWave(value, number(value, 'number') ?? number(value, 'wave') ?? index + 1);
  } else if (waves?.kind === 'map') {
    for (const [index, entry] of waves.entries.entries())
      readWave(entry.value, Number(/\d+/.exec(entry.key)?.[0] ?? index + 1));
  }
  const known = new Set([...byNumber.values()].flat().map((task) => task.id.value));
  for (const value of list(field(tasks, 'files')?.value)) {
    const name =
      value.kind === 'scalar'
        ? textOf(value)
        : (textOf(field(value, 'id')?.value) ??
          textOf(field(value, 'file')?.value) ??
          textOf(field(value, 'path')?.value));
    if (!name) continue;
    const id = { value: name.value.replace(/^.*\//, '').replace(/\.md$/, ''), span: name.span };
    if (known.has(id.value) || [...known].some((other) => id.value.startsWith(`${other}-`))) continue;
    known.add(id.value);
    add(number(value, 'wave') ?? 1, {
      id,
      agent: word(value, 'agent'),
      promptFile: word(value, 'prompt_file'),
      component: word(value, 'component'),
    });
  }
  const total = field(tasks, 'total')?.value;
  return {
    ...readCurrent(root, file),
    form: 'legacy',
    techSpecId: word(spec, 'id') ?? word(root, 'tech_spec_id') ?? word(root, 'tech_spec') ?? '',
    title: word(spec, 'title') ?? word(root, 'title'),
    specPath: word(spec, 'path') ?? word(spec, 'file'),
    waves: [...byNumber]
      .sort(([a], [b]) => a - b)
      .map(([waveNumber, members]) => ({
        number: waveNumber,
        tasks: members,
        validation: validations.get(waveNumber) ?? null,
      })),
    metadata: {
      totalTasks:
        total?.kind === 'scalar' && typeof total.value === 'number' ? { value: total.value, span: total.span } : null,
      maxParallel: null,
      criticalPath: [],
    },
  };
}

function list(value: DocumentValue | undefined): readonly DocumentValue[] {
  return value?.kind === 'list' ? value.items : [];
}

function word(value: DocumentValue | undefined, key: string): string | null {
  return textOf(field(value, key)?.value)?.value ?? null;
}

function words(value: DocumentValue | undefined, key: string): string[] {
  return textList(field(value, key)?.value).map((entry) => entry.value);
}

/** Globs, in a list or with commas between them; commas in braces and brackets are the glob's own. */
function globs(value: DocumentValue | undefined, key: string): string[] {
  const found = field(value, key)?.value;
  return found?.kind === 'scalar'
    ? textList(found, null).flatMap((entry) => splitOutside(entry.value, ','))
    : words(value, key);
}

/** Commands may hold commas, so one string is one command. */
function commands(value: DocumentValue | undefined, key: string): string[] {
  return textList(field(value, key)?.value, null).map((entry) => entry.value);
}

function number(value: DocumentValue | undefined, key: string): number | null {
  const found = field(value, key)?.value;
  return found?.kind === 'scalar' && typeof found.value === 'number' && Number.isFinite(found.value)
    ? found.value
    : null;
}

function readRecord<T>(value: DocumentValue | undefined, read: (value: DocumentValue) => T): Record<string, T> {
  const result: Record<string, T> = {};
  if (value?.kind !== 'map') return result;
  for (const entry of value.entries) {
    Object.defineProperty(result, entry.key, {
      value: read(entry.value),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return result;
}
