import { deepEqual, equal } from 'node:assert/strict';
import { Project } from './fixture.ts';

suite('who may write a path', () => {
  let project: Project;
  setup(async () => {
    const slices = Array.from({ length: 120 }, (_, i) => ({
      id: `S${i + 1}`,
      modify: [`src/part${i + 1}.txt`],
      boundary: [i === 6 ? 'docs/**' : 'src/part7.txt'],
    }));
    project = await Project.create({ slices });
  });
  teardown(() => project.close());

  test('is answered with who may; of the many who may not a few are named', async () => {
    const { out } = await project.cli('scope', 'src/part7.txt');
    equal(out, 'S7  modify\nBOUNDARY of S1, S2, S3, S4, S5 and 114 more\n');
  });

  test('as JSON, nobody is listed who has no right to it', async () => {
    const { out } = await project.cli('scope', 'src/part7.txt', '--json');
    const told = JSON.parse(out) as { readonly rights: readonly unknown[]; readonly boundary_of: readonly string[] };
    deepEqual(told.rights, [{ slice: 'S7', as: 'modify', symbols: null }]);
    equal(told.boundary_of.length, 119);
  });
});
