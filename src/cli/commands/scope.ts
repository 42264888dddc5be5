import type { Slice } from '../../core/plan/model.ts';
import { sliceResolver } from '../../core/plan/load.ts';
import { placeText, relationLines, rightsTo, scopeRelation } from '../../core/view/scope-relations.ts';
import { EXIT, flag, report, text, UsageError, type Command } from '../command.ts';
import { openPlan } from '../open.ts';

/** Slices that are named for having a place in their boundary; the others are counted. */
const MOST_WALLS = 5;

export const scope: Command = {
  name: 'scope',
  summary: 'Ask who may write a path, or how the scopes of slices relate',
  usage: '<slice|path> [slice ...] [options]',
  options: {
    plan: { type: 'string', value: '<plan>', help: 'The plan directory; not needed where there is only one' },
    json: { type: 'boolean', help: 'Print one JSON object instead of text' },
  },
  examples: [
    'slicewave scope src/orders/order.ts',
    'slicewave scope src/orders/order.ts::Order.total',
    'slicewave scope A1 B2',
    'slicewave scope A1 --plan parallel/TS-0042-inventory',
  ],
  async run(invocation) {
    const { terminal, positionals } = invocation;
    const json = flag(invocation, 'json');
    const [first, ...others] = positionals;
    if (first === undefined) throw new UsageError('name a slice or a path', 'For example: slicewave scope src/app.ts');
    const opened = await openPlan(terminal, text(invocation, 'plan'));
    if (!opened.ok) return report(terminal, opened.failure, json);
    const { engine, dir } = opened.value;
    const loaded = await engine.load(dir);
    if (!loaded.ok) return report(terminal, loaded.failure, json);
    const { plan } = loaded.value;
    const names = await engine.nameRules();
    const resolve = sliceResolver(plan);
    const sliceOf = (name: string): Slice | undefined => plan.slices.find(({ id }) => id === resolve(name));
    const slice = sliceOf(first);
    if (!slice) {
      if (others.length > 0) {
        throw new UsageError(
          `there is no slice ${first} in ${dir}`,
          `Slices: ${plan.slices.map(({ id }) => id).join(', ')}.`,
        );
      }
      const rights = rightsTo(plan, first.replace(/^\.\//, ''), names);
      const may = rights.filter(({ as }) => as === 'create' || as === 'modify');
      const walls = rights.filter(({ as }) => as === 'boundary').map(({ slice: id }) => id);
      if (json) terminal.out(`${JSON.stringify({ v: 1, place: first, rights: may, boundary_of: walls })}\n`);
      else {
        const width = Math.max(0, ...may.map(({ slice: id }) => id.length));
        for (const { slice: id, as, symbols } of may) {
          const only = symbols && symbols.length > 0 ? `  only ${symbols.join(', ')}` : '';
          terminal.out(`${id.padEnd(width)}  ${as ?? ''}${only}\n`);
        }
        if (may.length === 0) terminal.out(`No slice of ${dir} may write ${first}.\n`);
        // Who may not is most of a large plan, and not what was asked.
        const more = walls.length - MOST_WALLS;
        if (walls.length > 0)
          terminal.out(`BOUNDARY of ${walls.slice(0, MOST_WALLS).join(', ')}${more > 0 ? ` and ${more} more` : ''}\n`);
      }
      return EXIT.done;
    }
    const partners = others.map((name) => {
      const other = sliceOf(name);
      if (!other) {
        throw new UsageError(
          `there is no slice ${name} in ${dir}`,
          `Slices: ${plan.slices.map(({ id }) => id).join(', ')}.`,
        );
      }
      return other;
    });
    const compared = partners.length > 0 ? partners : plan.slices.filter((other) => other !== slice);
    const relations = compared
      .map((other) => scopeRelation(slice, other, names))
      // Alone, a slice is asked whom it meets; what has nothing to do with it would only fill the screen.
      .filter(({ relation }) => partners.length > 0 || relation !== 'apart');
    if (json) {
      const told = relations.map(({ a, b, relation, both, onlyA, onlyB }) => ({
        a,
        b,
        relation,
        both: both.witness && placeText(both.witness),
        only_a: onlyA.witness && placeText(onlyA.witness),
        only_b: onlyB.witness && placeText(onlyB.witness),
        exact: both.exact && onlyA.exact && onlyB.exact,
      }));
      terminal.out(`${JSON.stringify({ v: 1, relations: told })}\n`);
    } else if (relations.length === 0) terminal.out(`${slice.id} shares nothing with any other slice.\n`);
    else for (const relation of relations) terminal.out(`${relationLines(relation).join('\n')}\n`);
    return EXIT.done;
  },
};
