import assert from 'node:assert/strict';
import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Trace } from '../../src/core/run/model.ts';
import { Project, type SliceShape } from './fixture.ts';

const shop = `import { money } from './money.ts';

export class Cart {
  add(item: string) {
    return money(item);
  }

  total() {
    return 1;
  }
}

export class Order {
  total() {
    return 2;
  }
}
`;

const files = { 'src/shop.ts': shop, 'src/notes.xyz': 'one\ntwo\n' };

suite('scopes that name symbols', () => {
  let project: Project;

  teardown(async () => {
    await project.close();
  });

  /** One slice whose agent turns the shop into `after`; each further start of the agent takes the next text. */
  async function run(slice: Partial<SliceShape>, ...after: readonly string[]): Promise<void> {
    project = await Project.create(
      { slices: [{ id: 'A1', create: [], modify: ['src/shop.ts::Cart'], verify: ['test -s src/shop.ts'], ...slice }] },
      { files },
    );
    const left = [...after];
    project.on('agent', async (call) => {
      call.write('src/shop.ts', left.shift() ?? shop);
      await call.exit(0);
    });
    await project.run();
  }

  async function trace(run?: string): Promise<Trace> {
    const id = run ?? (await project.status()).slices[0]?.run_id ?? '';
    return JSON.parse((await project.cli('trace', 'show', id, '--json')).out) as Trace;
  }

  const symbolsOf = ({ files_changed }: Trace): readonly (readonly string[])[] =>
    files_changed.map((file) => file.symbols);

  test('what stays inside its symbol passes, with the import that it needs, and the trace names what changed', async () => {
    await run(
      {},
      shop
        .replace("'./money.ts';\n", "'./money.ts';\nimport {\n  rate,\n} from './rate.ts';\n\n// Rates change.\n")
        .replace('return 1;', 'return rate();')
        .replace('  total() {', '  clear() {\n    return 0;\n  }\n\n  total() {'),
    );
    const [slice] = (await project.status()).slices;
    assert.equal(slice?.state, 'verified', JSON.stringify(slice));
    assert.deepEqual(symbolsOf(await trace()), [['Cart.clear', 'Cart.total']]);
    const shown = await project.cli('trace', 'show', slice.run_id ?? '');
    assert.match(shown.out, /src\/shop\.ts.* {2}Cart\.clear, Cart\.total$/m);
  });

  test('another symbol stops the slice, is named with its lines, can be approved by itself, and enters the task spec', async () => {
    await run({}, shop.replace('return 1;', 'return 3;').replace('return 2;', 'return 4;'));
    const [slice] = (await project.status()).slices;
    assert.equal(slice?.stop?.condition, 'unexpected-scope');
    assert.equal(
      slice.stop.detail,
      'src/shop.ts::Order.total (line 15) was modified and is outside `src/shop.ts::Cart`',
    );
    assert.deepEqual(slice.stop.paths, ['src/shop.ts::Order.total']);
    assert.equal(project.commit(`refs/heads/${slice.branch}`), project.commit('main'), 'unverified work was committed');

    const approved = await project.cli('approve', project.planDir, 'A1');
    assert.equal(approved.code, 0, approved.err);
    assert.match(approved.out, /approved src\/shop\.ts::Order\.total/);
    const spec = project.read(`${project.planDir}/tasks/task-001-a1.md`);
    assert.match(spec, /MODIFY:\n- `src\/shop\.ts::Cart`\n- `src\/shop\.ts::Order\.total`\n/);
    const again = await project.run();
    assert.equal(again.code, 0, `${again.out}\n${again.err}`);
    assert.deepEqual(project.callsOf('agent'), ['A1'], 'the agent was started again');
    assert.match(project.git('show', `${slice.branch}:src/shop.ts`), /return 4;/);
  });

  test('a new symbol is growth, and so is a line outside of every symbol', async () => {
    await run({}, `${shop}\nexport function help() {\n  return 3;\n}\n\nstart();\n`);
    const [slice] = (await project.status()).slices;
    assert.deepEqual(slice?.stop?.paths, ['src/shop.ts']);
    assert.match(
      slice.stop.detail,
      /src\/shop\.ts::help \(lines 19-21\) was added and is outside `src\/shop\.ts::Cart`/,
    );
    assert.match(slice.stop.detail, /src\/shop\.ts \(line 23, outside of every symbol\) was modified/);
  });

  test('a boundary of one symbol leaves the rest of the file free', async () => {
    await run(
      { modify: ['src/shop.ts'], boundary: ['src/shop.ts::Order'] },
      shop.replace('return 1;', 'return 3;').replace('return 2;', 'return 4;'),
    );
    const [slice] = (await project.status()).slices;
    assert.deepEqual(slice?.stop?.paths, ['src/shop.ts::Order.total']);
    assert.match(slice.stop.detail, /is inside BOUNDARY `src\/shop\.ts::Order`/);
  });

  test('reverting a symbol puts its whole file back, and the agent is told so', async () => {
    await run({}, shop.replace('return 2;', 'return 4;'), shop.replace('return 1;', 'return 3;'));
    let before = '';
    project.on('agent', async (call) => {
      before = project.gitIn(call.cwd, 'show', 'HEAD:src/shop.ts');
      assert.equal(project.gitIn(call.cwd, 'status', '--porcelain', '--', 'src'), '');
      call.write('src/shop.ts', shop.replace('return 1;', 'return 3;'));
      await call.exit(0);
    });
    assert.equal((await project.cli('retry', project.planDir, 'A1', '--revert')).code, 0);
    const { code, out, err } = await project.run();
    assert.equal(code, 0, `${out}\n${err}`);
    assert.equal(`${before}\n`, shop);
    const last = project.runIds().at(-1) ?? '';
    assert.match(project.read(path.join('.agent-runs', last, 'prompt.txt')), /its whole file was put back/);
    assert.deepEqual(symbolsOf(await trace()), [['Cart.total']]);
  });

  test('a file that was broken is asked about, and passes as a whole only when a person says so', async () => {
    await run({}, shop.replace('return 2;', 'return ((('));
    const [slice] = (await project.status()).slices;
    assert.notEqual(slice?.state, 'verified');
    assert.deepEqual(slice?.stop?.paths, ['src/shop.ts']);
    assert.match(slice.stop.detail, /\(`Cart`\) cannot be told, because it does not parse any more/);
    assert.equal(project.commit(`refs/heads/${slice.branch}`), project.commit('main'), 'unverified work was committed');
    assert.equal((await project.cli('approve', project.planDir, 'A1')).code, 0);
    const again = await project.run();
    assert.equal(again.code, 0, `${again.out}\n${again.err}`);
    assert.equal((await project.status()).slices[0]?.state, 'verified');
  });

  test('a language without a grammar counts as a whole, and the trace says so', async () => {
    project = await Project.create(
      { slices: [{ id: 'A1', create: [], modify: ['src/notes.xyz::two'], verify: ['test -s src/notes.xyz'] }] },
      { files },
    );
    project.on('agent', async (call) => {
      call.write('src/notes.xyz', 'ONE\ntwo\n');
      await call.exit(0);
    });
    const { out, err } = await project.run();
    assert.equal((await project.status()).slices[0]?.state, 'verified', `${out}\n${err}`);
    assert.match(
      (await trace()).risk_notes.map((note) => note.summary).join(),
      /src\/notes\.xyz: `two` could not be checked, because its language has no grammar here/,
    );
  });

  test('a renamed file leaves and arrives with everything in it; attributes cannot hide a change', async () => {
    project = await Project.create(
      {
        slices: [
          { id: 'A1', create: ['src/new.ts'], modify: ['src/shop.ts::Cart', '.gitattributes'], verify: ['true'] },
        ],
      },
      { files },
    );
    project.on('agent', async (call) => {
      project.gitIn(call.cwd, 'mv', 'src/shop.ts', 'src/new.ts');
      call.write('.gitattributes', '*.ts binary -diff\n');
      await call.exit(0);
    });
    await project.run();
    const [slice] = (await project.status()).slices;
    assert.deepEqual(slice?.stop?.paths, ['src/shop.ts::Order', 'src/shop.ts::Order.total']);
    assert.match(slice.stop.detail, /was deleted and is outside `src\/shop\.ts::Cart`/);
  });

  test('a link in the place of a file takes everything in it away; a new file is held to its symbols too', async () => {
    project = await Project.create(
      { slices: [{ id: 'A1', create: ['src/new.go::New'], modify: ['src/shop.ts::Cart'], verify: ['true'] }] },
      { files },
    );
    project.on('agent', async (call) => {
      rmSync(path.join(call.cwd, 'src/shop.ts'));
      symlinkSync('notes.xyz', path.join(call.cwd, 'src/shop.ts'));
      call.write('src/new.go', 'package new\n\nfunc New() {}\n\nfunc Other() {}\n');
      await call.exit(0);
    });
    await project.run();
    const paths = (await project.status()).slices[0]?.stop?.paths;
    assert.deepEqual(paths, ['src/new.go::Other', 'src/shop.ts::Order', 'src/shop.ts::Order.total']);
  });

  test('exec -- names the symbols of every language it can read', async () => {
    project = await Project.create(
      { slices: [{ id: 'A1' }] },
      { files: { ...files, 'a.py': 'class A:\n    def f(self):\n        return 1\n' } },
    );
    const script =
      "fs.writeFileSync('a.py', fs.readFileSync('a.py', 'utf8').replace('1', '2')); fs.writeFileSync('b.go', 'package b\\n\\nfunc B() {}\\n')";
    const { err } = await project.cli('exec', '--', process.execPath, '-e', script);
    const run = /evidence in \.agent-runs\/(\S+)/.exec(err)?.[1] ?? '';
    const shown = await trace(run);
    assert.deepEqual(
      shown.files_changed.map((file) => [file.path, ...file.symbols]),
      [
        ['a.py', 'A.f'],
        ['b.go', 'B'],
      ],
    );
  });
});
