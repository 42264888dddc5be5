import assert from 'node:assert/strict';
import { Project } from './fixture.ts';

suite('a file system that ignores case, as git says', () => {
  let project: Project;

  teardown(async () => {
    await project.close();
  });

  for (const ignores of [true, false]) {
    test(`a scope ${ignores ? 'grants' : 'does not grant'} a file under another spelling of its name`, async () => {
      project = await Project.create(
        { slices: [{ id: 'A1', create: ['src/User.ts'], modify: [], verify: ['test -s src/user.ts'] }] },
        { files: { 'README.md': 'Shop\n' } },
      );
      project.git('config', 'core.ignorecase', String(ignores));
      project.on('agent', async (call) => {
        call.write('src/user.ts', 'export {};\n');
        await call.exit(0);
      });
      await project.run();
      const [slice] = (await project.status()).slices;
      if (ignores) assert.equal(slice?.state, 'verified', JSON.stringify(slice));
      else assert.equal(slice?.stop?.condition, 'unexpected-scope');
    });
  }
});
