import { sliceMinutes } from './graph.ts';
import type { PlanGraph } from './graph-model.ts';
import type { Plan } from './model.ts';
import { minutes } from '../text/duration.ts';
import { criticalPathText, waitReasons } from './graph-words.ts';
import { oneLine, printable } from '../text/printing.ts';
import { fenced } from '../text/markdown-writing.ts';

/**
 * `task-graph.md`: a flowchart with a subgraph per wave, merge points as nodes of their own and the critical path
 * marked; a Gantt chart of the earliest times; the wave table. Nodes are numbered, so that ids need no escaping;
 * words of the plan are escaped for the syntax they stand in.
 */
export function taskGraphMarkdown(plan: Plan, graph: PlanGraph): string {
  return [
    `# Task graph: ${inline(plan.title)}`,
    '',
    'Made from the manifest and the task specs. Thick lines are the critical path, dotted ones a shared worktree.',
    '',
    fenced(flowchart(plan, graph).join('\n'), 'mermaid'),
    '',
    `Critical path: ${inline(criticalPathText(plan, graph, ' → ')) || 'none'} (${minutes(graph.makespanMinutes)})`,
    '',
    '## Timeline',
    '',
    'The earliest times, with as many agents as can work.',
    '',
    fenced(gantt(plan, graph).join('\n'), 'mermaid'),
    '',
    '## Waves',
    '',
    ...waveTable(plan, graph),
    '',
  ].join('\n');
}

interface Names {
  readonly slice: ReadonlyMap<string, string>;
  readonly point: ReadonlyMap<string, string>;
}

function nodeNames(plan: Plan): Names {
  return {
    slice: new Map(plan.slices.map((slice, i) => [slice.id, `s${i + 1}`])),
    point: new Map(plan.mergePoints.map((point, i) => [point.id, `m${i + 1}`])),
  };
}

function flowchart(plan: Plan, graph: PlanGraph): string[] {
  const names = nodeNames(plan);
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const node = (id: string): string => {
    const slice = slices.get(id)!;
    const title = slice.title === '' || slice.title === id ? '' : `: ${slice.title}`;
    return `    ${names.slice.get(id)!}["${label(id + title)}<br/>${minutes(sliceMinutes(slice))}"]`;
  };
  const lines = ['flowchart LR'];
  graph.waves.forEach((wave, i) => {
    lines.push(`  subgraph wave${i + 1}["Wave ${i + 1}"]`, ...wave.map(node), '  end');
  });
  const stuck = plan.slices.filter((slice) => !graph.schedule.has(slice.id));
  if (stuck.length > 0)
    lines.push(
      '  subgraph stuck["Not planned: on a cycle or behind one"]',
      ...stuck.map((slice) => node(slice.id)),
      '  end',
    );
  for (const point of plan.mergePoints) lines.push(`  ${names.point.get(point.id)!}{{"${label(point.id)}"}}`);

  // Where a merge point leads from one slice to the next, its node stands for the edge, also for a declared one.
  const path = graph.criticalPath.map((id) => names.slice.get(id) ?? names.point.get(id)!);
  const critical = new Set(path.slice(1).map((id, i) => `${path[i]!} ${id}`));
  const drawn = new Set<string>();
  const arrow = (from: string | undefined, to: string | undefined, dotted: boolean): void => {
    const pair = `${from} ${to}`;
    if (from === undefined || to === undefined || drawn.has(pair)) return;
    drawn.add(pair);
    lines.push(`  ${from} ${critical.has(pair) ? '==>' : dotted ? '-.->' : '-->'} ${to}`);
  };
  const met = new Set(
    plan.mergePoints.flatMap(({ needs, unlocks }) => needs.flatMap((need) => unlocks.map((to) => `${need}\n${to}`))),
  );
  for (const edge of graph.edges) {
    if (met.has(`${edge.from}\n${edge.to}`)) continue;
    arrow(names.slice.get(edge.from), names.slice.get(edge.to), edge.kind === 'workstream');
  }
  for (const point of plan.mergePoints) {
    const hexagon = names.point.get(point.id);
    for (const need of point.needs) arrow(names.slice.get(need), hexagon, false);
    for (const unlocked of point.unlocks) arrow(hexagon, names.slice.get(unlocked), false);
  }
  if (path.length > 0)
    lines.push('  classDef critical stroke:#d33,stroke-width:3px', `  class ${path.join(',')} critical`);
  return lines;
}

/** An arbitrary Monday midnight: the axis shows times since the start. January knows no change of clocks. */
const START = Date.UTC(2024, 0, 1);

function gantt(plan: Plan, graph: PlanGraph): string[] {
  const names = nodeNames(plan);
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const at = (minute: number): string =>
    new Date(START + Math.round(minute) * 60_000).toISOString().slice(0, 16).replace('T', ' ');
  const lines = [
    'gantt',
    `  title ${word(plan.title) || word(plan.id) || 'Plan'}`,
    '  dateFormat YYYY-MM-DD HH:mm',
    `  axisFormat ${graph.makespanMinutes < 24 * 60 ? '%H:%M' : 'day %-d %H:%M'}`,
  ];
  graph.waves.forEach((wave, i) => {
    lines.push(`  section Wave ${i + 1}`);
    for (const id of wave) {
      const { critical, earliestStart } = graph.schedule.get(id)!;
      const slice = slices.get(id)!;
      const name = word(`${id} ${slice.title === id ? '' : slice.title}`);
      const length = Math.max(1, Math.round(sliceMinutes(slice)));
      lines.push(`  ${name} :${critical ? 'crit, ' : ''}${names.slice.get(id)!}, ${at(earliestStart)}, ${length}m`);
    }
    for (const point of plan.mergePoints) {
      const needs = point.needs.flatMap((id) => graph.schedule.get(id) ?? []);
      if (Math.max(0, ...needs.map((need) => need.wave)) !== i + 1) continue;
      const end = Math.max(...needs.map((need) => need.earliestStart + sliceMinutes(slices.get(need.id)!)));
      lines.push(`  ${word(point.id)} :milestone, ${names.point.get(point.id)!}, ${at(end)}, 0m`);
    }
  });
  return lines;
}

function waveTable(plan: Plan, graph: PlanGraph): string[] {
  const slices = new Map(plan.slices.map((slice) => [slice.id, slice]));
  const rows = graph.order.map((id) => {
    const slice = slices.get(id)!;
    const { wave, batch, slack, critical } = graph.schedule.get(id)!;
    return [
      String(wave),
      String(batch),
      inline(id),
      inline(slice.title),
      inline(slice.workstream ?? ''),
      inline(waitReasons(slice, plan, graph).join(', ')),
      minutes(sliceMinutes(slice)),
      critical ? 'critical' : minutes(slack),
    ];
  });
  const cells = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const head = ['Wave', 'Batch', 'Slice', 'Title', 'Workstream', 'Waits for', 'Estimate', 'Slack'];
  return [cells(head), cells(head.map(() => '---')), ...rows.map(cells)];
}

const ENTITIES: Readonly<Record<string, string>> = {
  '"': '#quot;',
  '#': '#35;',
  '&': '#amp;',
  '<': '#lt;',
  '>': '#gt;',
  '`': '#96;',
  '\\': '#92;',
};

/** Inside a quoted Mermaid label. */
function label(text: string): string {
  return oneLine(printable(text)).replace(/["#&<>`\\]/g, (character) => ENTITIES[character]!);
}

/** In a Gantt chart, which has no quotes: what would end a name is left out. */
function word(text: string): string {
  return oneLine(printable(text.replace(/[:;#%`"<>{}\\,]+/g, ' '))) || '-';
}

/** In Markdown text and table cells. */
function inline(text: string): string {
  return oneLine(printable(text)).replace(/[\\|<]/g, (character) => (character === '<' ? '&lt;' : `\\${character}`));
}
