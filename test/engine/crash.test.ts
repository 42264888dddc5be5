import assert from 'node:assert/strict';
import { crash } from './crashes.ts';

suite('killed again and again', function () {
  this.timeout(1_800_000);

  test('30 kills with clock steps, torn lines, a full disk, read-only state, two schedulers and 24 runners at once', async () => {
    const { kills, problems } = await crash({ kills: 30, perPlan: 15, runners: 24, seed: 20_261_130 });
    assert.deepEqual(problems, []);
    assert.ok(kills >= 30);
  });
});
