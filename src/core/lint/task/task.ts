import { DEFAULT_AGENT } from '../../agent/agents.ts';
import type { Finding, Fix } from '../../text/finding.ts';
import { compileGlob, globContains } from '../../scope/glob.ts';
import { SourceText, type Span } from '../../text/source.ts';
import type { TaskReading } from '../../plan/readings.ts';
import type { Located, ScopeEntry, TaskSpec } from '../../task/model.ts';
import { readTaskSpec } from '../../task/read.ts';
import { splitCommand } from '../../text/words.ts';
import { defaultLimits } from '../engine/config.ts';
import type { LintContext } from '../engine/context.ts';
import { repeatedDependencyFindings } from './repeated-dependencies.ts';
import { repositoryIndex } from '../../scope/repository-index.ts';
import { report } from '../engine/rules.ts';
import { scopeFindings } from './scope-facts.ts';
import { checkFindings } from './checks.ts';
import { addFrontMatter, appendSection, ifMended, stopTemplate, usualCheck } from '../engine/templates.ts';

/** Pairs of patterns, one to be written and one of the boundary, that are compared. */
const mostPairs = 4_000;

/** A task spec as it was read, with its text. */
type Reading = Pick<TaskReading, 'text' | 'task' | 'places'>;

/** What a task spec lacks: scope, boundary, stop condition, agent, check. */
export function lintTask(reading: Reading, context: LintContext): Finding[] {
  const { task, text, places } = reading;
  const source = new SourceText(task.file, text);
  const findings: Finding[] = [];
  const title = places.title ?? task.id?.span;
  const { create, modify, boundary } = task.scope;
  const delivers = task.kind === 'engineering';

  if (create.length + modify.length === 0 && delivers) {
    findings.push(
      report(
        source,
        'task.scope-missing',
        'this slice names no file it may CREATE or MODIFY',
        task.scopeSection?.heading ?? title,
        scopeFix(task, text),
      ),
    );
  }
  if (boundary.length === 0 && delivers) {
    // Without a scope section the fix for the scope brings a boundary along.
    const fix = task.scopeSection ? boundaryFix(task, text) : undefined;
    findings.push(
      report(
        source,
        'task.boundary-missing',
        'this slice has no BOUNDARY: name what it must not touch',
        task.scopeSection?.heading ?? title,
        fix,
      ),
    );
  }
  const walls = new Map(
    boundary.flatMap((other) => (other.path === null || other.symbol !== null ? [] : [[other.path, other] as const])),
  );
  const wallAround = new Map<string, ScopeEntry | undefined>();
  let pairs = 0;
  for (const entry of [...create, ...modify]) {
    const { path } = entry;
    if (path === null) continue;
    if (!wallAround.has(path)) {
      if (/[*?[{]/.test(path)) pairs += walls.size;
      // Comparing patterns takes time, and no real scope has that many.
      if (pairs > mostPairs) break;
      wallAround.set(
        path,
        [...walls.values()].find((other) => other.path !== null && globContains(other.path, path)),
      );
    }
    const around = wallAround.get(path);
    if (around) {
      findings.push(
        report(
          source,
          'task.boundary-overlap',
          `the BOUNDARY "${around.path}" forbids what the slice may write here`,
          entry.span,
        ),
      );
    }
  }
  if (task.stop.length === 0 && !skillStops(task, context)) {
    findings.push(
      report(
        source,
        'task.stop-missing',
        'nothing says when the agent must stop and ask',
        title,
        ifMended(
          text,
          appendSection(text, stopTemplate, 'Add the usual stop conditions'),
          (mended) => readTaskSpec(mended, task.file).task.stop.length > 0,
        ),
      ),
    );
  }
  if (!task.agent && !context.manifestAgent) {
    const agent = context.usualAgent ?? DEFAULT_AGENT;
    const { frontMatter } = places;
    const fix =
      task.frontMatter && !frontMatter?.isMap
        ? undefined
        : {
            ...addFrontMatter(
              text,
              frontMatter?.body ?? null,
              `agent: ${/^[\w./-]+$/.test(agent) ? agent : JSON.stringify(agent)}`,
              `Give it to ${agent}`,
            ),
            ...(context.usualAgent ? {} : { guess: true as const }),
          };
    findings.push(report(source, 'task.agent-missing', 'this slice has no agent', title, fix));
  }
  if (task.verify.length === 0 && delivers && !context.waveCheck)
    findings.push(uncheckedFinding(reading, source, context));
  findings.push(...lengthFindings(reading, source, context), ...repeatedDependencyFindings(task.deps, source));
  // Within a plan, what other slices bring counts as well, so the plan is asked instead.
  if (!context.inPlan && context.repository) {
    const index = repositoryIndex(context.repository);
    const writes = [...create, ...modify].flatMap((entry) => (entry.path === null ? [] : [compileGlob(entry.path)]));
    const mayBeWritten = (path: string): boolean => task.deps.length > 0 || writes.some((glob) => glob.matches(path));
    findings.push(
      ...scopeFindings(task, source, index, context.limits ?? defaultLimits),
      ...checkFindings({ file: task.file, task }, () => source, { index, mayBeWritten }),
    );
  }
  for (const check of task.verify) {
    const words = splitCommand(check.value);
    if (!words.ok) {
      const fix = shellFix(source.text, check, task.frontMatter?.end ?? 0);
      findings.push(report(source, 'task.check-needs-shell', words.failure.message, check.span, fix));
    }
  }
  return findings;
}

/** Says openly that a shell runs the command. Only where the text is the command itself, so that nothing is unquoted. */
function shellFix(text: string, check: Located<string>, bodyStart: number): Fix | undefined {
  const { value, span } = check;
  const command = `sh -c '${value}'`;
  if (value.includes("'") || text.slice(span.start, span.end) !== value || !splitCommand(command).ok) return undefined;
  // In front matter a colon or a hash in the command would end the scalar.
  return {
    title: 'Run it in a shell',
    edits: [{ span, text: span.start < bodyStart ? JSON.stringify(command) : command }],
  };
}

/** Nothing that could be run: shown at the checklist, where people wrote what they would look at. */
function uncheckedFinding({ task, places }: Reading, source: SourceText, context: LintContext): Finding {
  const check = usualCheck(context.technology ?? null);
  const title = `Add the check "${check} passes"`;
  const isChecked = (mended: string): boolean => readTaskSpec(mended, task.file).task.verify.length > 0;
  const last = task.checklist.at(-1);
  const heading = places.checklist;
  if (heading && last) {
    const newline = source.text.includes('\r\n') ? '\r\n' : '\n';
    return report(
      source,
      'task.checklist-not-executable',
      `${task.checklist.length === 1 ? 'this item names no command' : `none of these ${task.checklist.length} items names a command`}, so the ticks would have to be believed: add one such as "\`${check}\` passes"`,
      heading,
      ifMended(
        source.text,
        {
          title,
          edits: [{ span: { start: last.span.end, end: last.span.end }, text: `${newline}- [ ] \`${check}\` passes` }],
          guess: true,
        },
        isChecked,
      ),
    );
  }
  return report(
    source,
    'task.check-missing',
    `this slice has no check that can be run: add one such as "\`${check}\` passes"`,
    places.title ?? task.id?.span,
    ifMended(
      source.text,
      { ...appendSection(source.text, `## Evidence\n\n- [ ] \`${check}\` passes\n`, title), guess: true },
      isChecked,
    ),
  );
}

function lengthFindings({ task, places }: Reading, source: SourceText, context: LintContext): Finding[] {
  const { estimateMinutes } = task;
  const { taskHours } = context.limits ?? defaultLimits;
  if (estimateMinutes === null || estimateMinutes <= taskHours * 60) return [];
  return [
    report(
      source,
      'task.too-long',
      `${Math.round(estimateMinutes / 6) / 10} hours are more than one agent should be given (${taskHours}): split this slice`,
      places.estimate,
    ),
  ];
}

/** A skill somebody keeps outside the repository may well have stop conditions, so only known skills count against. */
function skillStops(task: TaskSpec, context: LintContext): boolean {
  if (task.skills.length === 0) return false;
  const { skills } = context;
  if (!skills) return true;
  return task.skills.some((name) => {
    const skill = skills.get(name) ?? skills.get(name.slice(name.lastIndexOf(':') + 1));
    return skill === undefined || (skill.stopConditions !== null && skill.stopConditions.text !== '');
  });
}

/** A scope gives rights, so nobody but a person can say that the directory of the same name is meant. */
function scopeFix(task: TaskSpec, text: string): Fix {
  const component = task.component ?? /^[A-Za-z]+-?\d+-(.+)$/.exec(task.id?.value ?? '')?.[1] ?? 'component';
  const directory = `src/${component.replace(/[^\w./-]+/g, '-')}/**`;
  const lines = [`CREATE: ${directory}`, 'MODIFY: none', ...(task.scope.boundary.length === 0 ? [boundaryLine] : [])];
  if (!task.scopeSection)
    return {
      ...appendSection(text, `## Scope\n\n${lines.join('\n')}\n`, `Add a scope of ${directory}`),
      guess: true,
    };
  return { ...insertBelow(text, task.scopeSection.body, lines, `Add a scope of ${directory}`), guess: true };
}

function boundaryFix(task: TaskSpec, text: string): Fix {
  const body = task.scopeSection?.body ?? { start: text.length, end: text.length };
  const end = body.start + text.slice(body.start, body.end).trimEnd().length;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  return {
    title: 'Add a boundary around secrets and pipelines',
    edits: [{ span: { start: end, end }, text: newline + boundaryLine }],
    guess: true,
  };
}

const boundaryLine = 'BOUNDARY: .env*, .github/**, **/secrets/**';

function insertBelow(text: string, body: Span, lines: readonly string[], title: string): Fix {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lead = body.start > 0 && !/[\r\n]$/.test(text.slice(0, body.start)) ? newline : '';
  return {
    title,
    edits: [{ span: { start: body.start, end: body.start }, text: lead + lines.join(newline) + newline }],
  };
}
