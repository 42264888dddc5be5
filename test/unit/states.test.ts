import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { foldPlan } from '../../src/core/run/fold.ts';
import type { PlanState, SliceView } from '../../src/core/run/state-model.ts';
import {
  isActive,
  isAsking,
  isProved,
  isSettled,
  isSliceState,
  SLICE_STATE_NAMES,
  sliceStateRow,
  stateLabel,
  type SliceState,
} from '../../src/core/run/states.ts';
import { planGraph } from '../../src/core/plan/graph.ts';
import { dashboardText } from '../../src/core/view/dashboard.ts';
import { faceOf } from '../../src/extension/tree/tree-nodes.ts';
import { planOf, slice } from './plan-fixture.ts';

const css = readFileSync(path.join(import.meta.dirname, '../../media/dashboard.css'), 'utf8');

/** A plan of one slice in the given state. */
function planIn(state: SliceState): { readonly state: PlanState; readonly slice: SliceView } {
  const plan = planOf([slice('A1')]);
  const folded = foldPlan({ plan, graph: planGraph(plan), decisions: [], runs: [], now: 0 });
  const [first] = folded.slices;
  assert.ok(first);
  const changed: SliceView = { ...first, state, blockedBy: state === 'pending' ? ['B1'] : [] };
  return { state: { ...folded, slices: [changed] }, slice: changed };
}

suite('states of slices', () => {
  test('each is said by one word of its own, in the tree and in the terminal', () => {
    const labels = SLICE_STATE_NAMES.map(stateLabel);
    assert.equal(new Set(labels).size, labels.length);
    for (const name of SLICE_STATE_NAMES) {
      const { state, slice: shown } = planIn(name);
      const face = faceOf({
        kind: 'slice',
        plan: { root: '/r', dir: 'parallel/x', state, failure: null },
        slice: shown,
      });
      assert.ok(face.description.startsWith(stateLabel(name)), `${name}: ${face.description}`);
      assert.ok(face.icon !== '' && face.color !== null, name);
      const { brief, label } = sliceStateRow(name);
      assert.ok(dashboardText(state, { ascii: true }).includes(`A1 ${brief ?? label}`), name);
    }
  });

  test('of a large batch those are named that are at work or wait for somebody; the others are counted', () => {
    const plan = planOf(Array.from({ length: 500 }, (_, i) => slice(`S${i}`, i > 0 ? { deps: ['S0'] } : {})));
    const folded = foldPlan({ plan, graph: planGraph(plan), decisions: [], runs: [], now: 0 });
    const named: Readonly<Record<string, SliceState>> = { S0: 'verified', S7: 'running', S9: 'stopped', S11: 'failed' };
    const slices = folded.slices.map((one) => ({ ...one, state: named[one.id] ?? one.state, runningMs: 60_000 }));
    const text = dashboardText({ ...folded, slices }, { ascii: true });
    assert.match(text, /^Batch 1 .* \(S7 running 1m, S9 stopped, S11 failed, 1 ok, 496 blocked\)$/m);
    for (const line of text.split('\n')) assert.ok(line.length < 400, line);
  });

  test('each has its colour in the dashboard', () => {
    const missing = SLICE_STATE_NAMES.filter((name) => !css.includes(`.icon.tone-${sliceStateRow(name).tone}`));
    assert.deepEqual(missing, []);
  });

  test('what each means', () => {
    const having = (is: (state: SliceState) => boolean): string => SLICE_STATE_NAMES.filter(is).join(' ');
    assert.equal(having(isActive), 'preparing running checking verifying');
    assert.equal(having(isAsking), 'needs_input stopped');
    assert.equal(having(isProved), 'verified merged');
    assert.equal(having(isSettled), 'verified merged skipped');
    assert.ok(!isSliceState('toString') && !isSliceState('done') && isSliceState('merged'));
  });
});
