import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bench, manifest, prompt, shop, spec, task } from './language-fixture.ts';

/** Files of the plan with pieces taken out, doubled, and foreign ones put in. */
const mutated = (text: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.nat(text.length),
        length: fc.nat(40),
        put: fc.constantFrom(
          '',
          '',
          '\n',
          '\r\n',
          '\t',
          '🙂',
          '\u202e',
          '```',
          '---\n',
          '"',
          '{',
          ']',
          ': ',
          '- ',
          '# ',
          '::',
          '*',
          '\\',
          '\u0000',
          'A3',
          'task-002',
          'MP1: A3 -> A3\n',
          'CREATE: ',
        ),
        twice: fc.boolean(),
      }),
      { maxLength: 4 },
    )
    .map((changes) =>
      changes.reduce(
        (now, { at, length, put, twice }) =>
          now.slice(0, at) + put + (twice ? now.slice(at, at + length) : '') + now.slice(at + (twice ? 0 : length)),
        text,
      ),
    );

suite('language features on broken files', () => {
  for (const file of [manifest, spec, task('task-001-users'), task('task-003-reset'), prompt]) {
    test(`${file}: nothing throws, and every place lies inside its text`, () => {
      fc.assert(
        fc.property(mutated(shop[file] ?? ''), fc.nat(400), (text, near) => {
          // The first mark is the cursor's; the text keeps its own.
          const { language, files } = bench({ [file]: `|${text}` });
          const inside = (name: string, { start, end }: { readonly start: number; readonly end: number }): void => {
            const length = (files.get(name) ?? '').length;
            assert.ok(start >= 0 && start <= end && end <= length, `${name}: ${start}-${end} of ${length}`);
          };
          const offset = Math.min(near, text.length);
          for (const one of language.complete(file, offset)) {
            inside(file, one.span);
            assert.ok(one.span.start <= offset && offset <= one.span.end, `${one.label} at the cursor`);
          }
          const hover = language.hover(file, offset);
          if (hover) inside(file, hover.span);
          for (const place of [...language.definition(file, offset), ...language.references(file, offset, true)])
            inside(place.file, place.span);
          const renamed = language.rename(file, offset, { name: 'Z99', canMove: true });
          if (renamed.ok) {
            for (const [name, edits] of renamed.value.edits) {
              let end = 0;
              for (const edit of edits) {
                inside(name, edit.span);
                assert.ok(edit.span.start >= end, 'edits do not overlap');
                ({ end } = edit.span);
              }
            }
          }
          const walk = (list: ReturnType<typeof language.outline>): void => {
            for (const one of list) {
              inside(file, one.span);
              assert.ok(one.span.start <= one.selection.start && one.selection.end <= one.span.end, one.name);
              for (const child of one.children)
                assert.ok(one.span.start <= child.span.start && child.span.end <= one.span.end, child.name);
              walk([...one.children]);
            }
          };
          walk(language.outline(file));
          for (const span of language.folding(file)) inside(file, span);
          for (const one of [
            ...language.links(file),
            ...language.lenses(file),
            ...language.tokens(file),
            ...language.layout(file),
          ])
            inside(file, one.span);
        }),
        { numRuns: 200 },
      );
    });
  }
});
