/** Programs that people name in plans; a single such word is a command even without arguments. */
const knownPrograms = new Set(
  (
    'npm npx pnpm yarn bun bunx node deno tsc eslint oxlint biome jest vitest mocha playwright cypress vite next turbo nx ' +
    'pytest python python3 py uv uvx poetry pip tox nox ruff mypy pyright black flake8 hatch pdm coverage django-admin ' +
    'make cmake ninja meson just task bazel ctest go gofmt golangci-lint cargo rustc rustfmt clippy dotnet msbuild mvn ' +
    'gradle ./gradlew ./mvnw java javac sbt bundle rake rspec rubocop ruby rails php composer phpunit pest mix elixir ' +
    'swift xcodebuild flutter dart docker docker-compose podman kubectl helm terraform tofu ansible git gh curl wget sh ' +
    'bash zsh pwsh cmd test grep rg find diff cat ls echo true false exit sleep psql sqlite3 mysql redis-cli alembic ' +
    'shellcheck hadolint actionlint markdownlint prettier oxfmt knip openapi redocly spectral buf protoc k6 slicewave'
  ).split(' '),
);

/** Words of a command line after shell quoting, or `null` when a quote is left open. Operators stay words of their own. */
function shellWords(text: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '\\' && i + 1 < text.length) word = (word ?? '') + (text[++i] ?? '');
    else if (c === "'") {
      const close = text.indexOf("'", i + 1);
      if (close < 0) return null;
      word = (word ?? '') + text.slice(i + 1, close);
      i = close;
    } else if (c === '"') {
      let value = '';
      for (i++; i < text.length && text[i] !== '"'; i++) {
        if (text[i] === '\\' && i + 1 < text.length) i++;
        value += text[i] ?? '';
      }
      if (i >= text.length) return null;
      word = (word ?? '') + value;
    } else if (/\s/.test(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (c === '&' || c === '|' || c === ';') {
      if (word !== null) words.push(word);
      word = null;
      const operator = text[i + 1] === c ? c + c : c;
      i += operator.length - 1;
      words.push(operator);
    } else word = (word ?? '') + c;
  }
  if (word !== null) words.push(word);
  return words;
}

/**
 * Whether a text has the shape of a command line: quotes are balanced and, after assignments, the first word is a
 * program's name followed by arguments, a path to a program, or a well-known program.
 */
export function looksLikeCommand(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.includes('\n')) return false;
  const words = shellWords(trimmed);
  if (!words) return false;
  let first = 0;
  while (/^[A-Za-z_]\w*=/.test(words[first] ?? '')) first++;
  const program = words[first];
  if (program === undefined || !/^[\w./@+-]*[A-Za-z0-9][\w./@+-]*$/.test(program)) return false;
  // A step into a directory proves nothing; what is run there does.
  if (program === 'cd') return words.indexOf('&&') === first + 2 && words.length > first + 3;
  if (
    knownPrograms.has(program) ||
    /^(?:\.{0,2}\/)?[\w.-]+(?:\/[\w.-]+)*\.(?:sh|py|mjs|cjs|js|ts|rb|ps1|bat|exe)$/.test(program)
  ) {
    return (
      words.length > first + 1 ||
      !/^(?:\S*\/)?[\w.-]+\.(?:py|mjs|cjs|js|ts|rb)$/.test(program) ||
      program.startsWith('./')
    );
  }
  if (/^\.{1,2}\//.test(program) || program.startsWith('node_modules/.bin/') || program.startsWith('/')) return true;
  // An unknown program counts when its arguments look like arguments and not like the rest of a sentence.
  const rest = words.slice(first + 1);
  return /^[a-z][\w.-]*$/.test(program) && rest.some((word) => /^--?[A-Za-z]/.test(word) || /[/*]/.test(word));
}
