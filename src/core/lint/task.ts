import type { Finding, Fix } from '../finding.ts';
import { readMarkdown, titleSpan } from '../markdown.ts';
import { globContains } from '../scope/glob.ts';
import { SourceText } from '../source.ts';
import type { Span } from '../source.ts';
import type { TaskSpec } from '../task/model.ts';
import { splitCommand } from '../words.ts';
import type { LintContext } from './context.ts';
import { report } from './rules.ts';
import { addFrontMatter, appendSection, stopTemplate, usualCheck } from './templates.ts';

/** What a task spec lacks: scope, boundary, stop condition, agent, check. */
export function lintTask(task: TaskSpec, text: string, context: LintContext): Finding[] {
  const source = new SourceText(task.file, text);
  const findings: Finding[] = [];
  const markdown = readMarkdown(source);
  const title = titleSpan(markdown) ?? task.id?.span;
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
  for (const entry of [...create, ...modify]) {
    const { path } = entry;
    if (path === null) continue;
    const around = boundary.find(
      (other) => other.path !== null && other.symbol === null && globContains(other.path, path),
    );
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
        appendSection(text, stopTemplate, 'Add the usual stop conditions'),
      ),
    );
  }
  if (!task.agent && !context.manifestAgent) {
    const agent = context.usualAgent ?? 'claude';
    const { frontMatter } = markdown;
    const fix =
      task.frontMatter && !frontMatter?.map
        ? undefined
        : addFrontMatter(
            text,
            frontMatter?.body ?? null,
            `agent: ${/^[\w./-]+$/.test(agent) ? agent : JSON.stringify(agent)}`,
            `Give it to ${agent}`,
          );
    findings.push(report(source, 'task.agent-missing', 'this slice has no agent', title, fix));
  }
  if (task.verify.length === 0 && delivers && !context.waveCheck) {
    const check = usualCheck(context.technology ?? null);
    const fix = appendSection(text, `## Evidence\n\n- [ ] \`${check}\` passes\n`, `Add the check "${check} passes"`);
    findings.push(
      report(
        source,
        'task.check-missing',
        'this slice has no check that can be run: add one such as "`pytest apps/users` passes"',
        title,
        fix,
      ),
    );
  }
  for (const check of task.verify) {
    const words = splitCommand(check.value);
    if (!words.ok) findings.push(report(source, 'task.check-needs-shell', words.failure.message, check.span));
  }
  return findings;
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

function scopeFix(task: TaskSpec, text: string): Fix {
  const component = task.component ?? /^[A-Za-z]+-?\d+-(.+)$/.exec(task.id?.value ?? '')?.[1] ?? 'component';
  const directory = `src/${component.replace(/[^\w./-]+/g, '-')}/**`;
  const lines = [`CREATE: ${directory}`, 'MODIFY: none', ...(task.scope.boundary.length === 0 ? [boundaryLine] : [])];
  if (!task.scopeSection)
    return appendSection(text, `## Scope\n\n${lines.join('\n')}\n`, `Add a scope of ${directory}`);
  return insertBelow(text, task.scopeSection.body, lines, `Add a scope of ${directory}`);
}

function boundaryFix(task: TaskSpec, text: string): Fix {
  const body = task.scopeSection?.body ?? { start: text.length, end: text.length };
  const end = body.start + text.slice(body.start, body.end).trimEnd().length;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  return {
    title: 'Add a boundary around secrets and pipelines',
    edits: [{ span: { start: end, end }, text: newline + boundaryLine }],
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
