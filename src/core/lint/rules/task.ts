import type { Rule } from './rule.ts';

/** What can be wrong with task specs. */
export const taskRules = [
  {
    code: 'task.yaml',
    severity: 'error',
    summary: 'The front matter of a task spec is not YAML, so its dependencies are lost.',
    details: `The lines between the two \`---\` at the top are read as YAML. When they are not, \`id\`, \`deps\`, \`agent\` and the rest are lost, and the slice would start too early with whatever agent the manifest names.

Usual causes: a tab as indentation, a value with \`: \` or a leading \`@\` or \`*\` that needs quotes, a bracket that is never closed.`,
  },
  {
    code: 'task.yaml-strict',
    severity: 'warning',
    summary: 'The front matter of a task spec repeats a key or uses a strange one.',
    details: `The front matter can be read, but two programs could read it differently: a key stands there twice (the last one counts here), or is no plain word. Keep one of the two.`,
  },
  {
    code: 'task.schema',
    severity: 'warning',
    summary: 'A front matter field of a task spec has the wrong type.',
    details: `A field has a type it cannot have: \`deps\` is a list of ids, \`wave\` a whole number, \`attempts\` a whole number from 1. A field that cannot be read counts as absent.`,
  },
  {
    code: 'task.estimate',
    severity: 'warning',
    summary: 'An estimate cannot be read, so the schedule would use the default.',
    details: `An estimate is \`90m\`, \`3h\`, \`1d\`, \`2h 30m\` or a range such as \`2-4h\`. What cannot be read counts as two hours, and the critical path is computed from that.`,
  },
  {
    code: 'task.scope-missing',
    severity: 'error',
    summary: 'A slice names no file it may create or modify, so every edit would be out of scope.',
    details: `CREATE and MODIFY are the only files a slice may write; without them every edit is out of scope and stops the run. Slices whose \`kind\` is not \`engineering\` deliver documents and need none.

Good:

\`\`\`
CREATE: src/orders/placement.ts
MODIFY: src/http/server.ts::routes
BOUNDARY: src/store/**
\`\`\``,
  },
  {
    code: 'task.boundary-missing',
    severity: 'warning',
    summary: 'A slice has no BOUNDARY; nothing tells the agent what it must not touch.',
    details: `The BOUNDARY says what the slice must not touch even if it seems to help: what others are working on, secrets, pipelines. It is checked at the edit, at the commit and at the end of the run.

Good: \`BOUNDARY: src/store/**, .env*, .github/**\``,
  },
  {
    code: 'task.boundary-overlap',
    severity: 'warning',
    summary: 'A slice may write a path that its own BOUNDARY forbids.',
    details: `A path is under CREATE or MODIFY, and the BOUNDARY forbids all of it. The boundary wins, so the slice could never write there. Take the path out of one of the two.`,
  },
  {
    code: 'task.boundary-prose',
    severity: 'warning',
    summary: 'A boundary in prose is told to the agent but cannot be enforced.',
    details: `Words such as "all other files" are put into the prompt, but no tool can check them. Write globs, with the words behind them if they help: \`src/store/** - owned by task-004\`.`,
  },
  {
    code: 'task.scope-prose',
    severity: 'warning',
    summary: 'A scope entry in prose gives no right to any file.',
    details: `An entry under CREATE or MODIFY is no path, so it gives the agent no right to any file, and its edits are refused. Write a path or a glob: \`src/orders/**\`.`,
  },
  {
    code: 'task.scope-unclear',
    severity: 'warning',
    summary: 'A scope entry mixes a path and a remark so that it could be misread.',
    details: `An entry holds a path and other words that could belong to it. Put the remark behind a dash or in brackets: \`src/c.ts - for the model\`.`,
  },
  {
    code: 'task.scope-outside',
    severity: 'error',
    summary: 'A scope path leaves the repository.',
    details: `Scopes are relative to the root of the repository and cannot leave it: no \`..\` beyond it, no home directory, no drive letter. An agent works in a worktree; what lies outside is shared with everybody.`,
  },
  {
    code: 'task.scope-directory',
    severity: 'hint',
    summary: 'A scope path without an extension names one file, which may be meant as a directory.',
    details: `A path without an extension and without a slash at its end names one file, such as \`Makefile\`. If a directory is meant, write \`docs/**\`; otherwise leave it.`,
  },
  {
    code: 'task.scope-brackets',
    severity: 'hint',
    summary: 'A scope path has a name in brackets: the file of that very name is meant.',
    details: `Web frameworks name files \`[slug].tsx\` and \`[...rest].ts\`; in a glob, brackets are one of several characters. A word of three letters or more (or \`id\`), and what begins with three dots, is read as the name, everywhere: in scopes, overlaps, checks of a run and the hooks of agents. \`[ab]\`, a range (\`[a-z]\`) and a run of the alphabet (\`[abc]\`) are characters; the file of that very name is in the scope as well. Write \`{s,l,u,g}.ts\` for these characters, and \`\` \`\\[ab\\].tsx\` \`\`, in code marks, for the name alone.`,
  },
  {
    code: 'task.symbol-missing',
    severity: 'warning',
    summary: 'A scope entry ends in "::" without a symbol.',
    details: `The entry ends in \`::\`, and nothing follows. Either name the function, class or variable (\`src/index.ts::Router\`), or remove the two colons to mean the whole file.`,
  },
  {
    code: 'task.symbol-shape',
    severity: 'warning',
    summary: 'The words behind "::" are no symbol, so they match nothing.',
    details: `Behind \`::\` stands a name as the language writes it: \`Class\`, \`function\`, \`Class.method\`, \`variable\`. Anything else matches nothing, so the agent could not edit the file at all.`,
  },
  {
    code: 'task.stop-missing',
    severity: 'warning',
    summary: 'Neither a slice nor a skill it names says when the agent must stop and ask.',
    details: `An agent that does not know when to stop decides for itself: it guesses, widens its scope, or works around a failing test. The conditions stand in the task spec, or in a skill that it names.

The quick fix adds the four of the method: unclear instructions, unexpected file scope, secrets, auth or production data, test failure after two retries.`,
  },
  {
    code: 'task.agent-missing',
    severity: 'warning',
    summary: 'A slice has no agent.',
    details: `Neither the task spec nor the manifest says who does this. Write \`agent: claude\` into the front matter, or the agent into the manifest. The quick fix takes the agent that most slices of the plan have.`,
  },
  {
    code: 'task.check-missing',
    severity: 'warning',
    summary: 'A slice has no check that can be run, so its result could never be verified.',
    details: `A slice is verified by commands that the tool runs itself; an agent's "tests pass" is a claim. Without a command the slice stays unverified, and nothing that depends on it starts. A validation of the slice's wave counts as well.

Good: \`\` - [ ] \`pytest apps/users\` passes \`\` in the checklist, or \`verify: [pytest apps/users]\` in the front matter.`,
  },
  {
    code: 'task.check-needs-shell',
    severity: 'warning',
    summary: 'A check uses what only a shell can do; commands are started without one.',
    details: `Checks are started without a shell, so that no path or title can become code. \`&&\` is understood; pipes, redirections, \`;\` and variables are not. Write \`sh -c '...'\` when a shell is really needed, or better a script of the project.

Bad: \`\` \`npm test | tee out.txt\` \`\`

Good: \`\` \`npm test\` \`\`; the output is kept anyway.`,
  },
  {
    code: 'task.too-long',
    severity: 'warning',
    summary: 'A slice is estimated to take longer than one agent should be given.',
    details: `Looks at \`estimate\`. The longer a slice, the more of the repository its agent has to hold in mind, the later a wrong turn is seen, and the more is thrown away with it. The limit is 4 hours, \`taskHours\` in the settings.

Split it where it has an interface inside: the contract first, then each side of it. A slice of 6 hours is often 3 of 2, of which 2 run side by side.`,
  },
  {
    code: 'task.scope-wide',
    severity: 'warning',
    summary: 'A scope takes in so much of the repository that it keeps nobody off anything.',
    details: `Counts the files of the repository that the globs of CREATE and MODIFY match and no BOUNDARY takes away; files listed one by one do not count, nor do ten files or fewer, nor repositories of fewer than 20. Above 20 % (\`scopeShare\` in the settings) the scope no longer keeps anybody off anything: every other slice overlaps with it.

Bad: \`MODIFY: src/**\`

Good: \`MODIFY: src/orders/**, src/http/server.ts::routes\``,
  },
  {
    code: 'task.package-path',
    severity: 'warning',
    summary:
      'A path of a plan that lies in a package is read from the top of the repository, and the package has one of that name.',
    details: `Scopes and commands of a plan are written from the top of the repository, wherever the plan lies. In a plan that lies in a package (\`apps/web/parallel/...\`, with a \`package.json\`, \`pyproject.toml\`, \`Cargo.toml\` or the like above it), \`MODIFY: src/a.ts\` is therefore no file of \`apps/web\`. An entry that means nothing at the top, and something in the package, is named; so is one that means something in both, unless other entries of the scope are written in full.

Bad: \`MODIFY: src/cart.ts\`

Good: \`MODIFY: apps/web/src/cart.ts\``,
  },
  {
    code: 'task.create-exists',
    severity: 'warning',
    summary: 'A file under CREATE exists already, so the agent would write it anew.',
    details: `Looks for every file that CREATE names in so many words. An agent told to create what is there writes it anew, and what others put into it is gone from the slice's diff. Globs are not looked at, nor are plans most of whose files exist, because they have been carried out.

Move the path to MODIFY, or choose another name.`,
  },
  {
    code: 'task.create-ignored',
    severity: 'warning',
    summary: 'A file under CREATE is ignored by git, so no commit would ever hold it.',
    details: `Asks git about every file that CREATE names, and about a file that each of its patterns would match, with all rules that hold here: \`.gitignore\`, \`.git/info/exclude\` and the person's own excludes file. The slice's checks would see such a file, the commit would not hold it, and the gate stops the slice.

Mend the rule (\`!src/lib/\`), or choose another place. The usual causes are \`lib/\` and \`build/\` of a template for another language.`,
  },
  {
    code: 'task.modify-nothing',
    severity: 'warning',
    summary: 'A scope entry under MODIFY matches nothing that will be there when the slice starts.',
    details: `A MODIFY entry matches no file of the repository, and neither a contract nor a slice that this one depends on, directly or by others, creates one. Either the path is misspelt, or a dependency is missing, or it belongs under CREATE. Ignored files are not in the repository.

The message names the slice that creates the file when there is one: depend on it. A directory is no file: write \`src/orders/**\`.`,
  },
  {
    code: 'task.symbol-unknown',
    severity: 'warning',
    summary: 'The symbol behind "::" is not declared in its file, so no edit there would be in scope.',
    details: `The file exists, but declares no such symbol, so no edit of it would be in scope: the check at the end of a run compares what changed with the declared symbols. A class in a module may be called without the module, as long as the file has only one of that name. A file that is in no language with a grammar is searched for the last name as a word. It is not reported when a slice this one depends on writes the file, nor when the entry's remark says that the symbol is new.

Bad: \`MODIFY: src/http/server.ts::Routr\`

Good: \`MODIFY: src/http/server.ts::Router\``,
  },
  {
    code: 'task.duplicate-dependency',
    severity: 'warning',
    summary: 'A dependency is named twice; perhaps another slice was meant.',
    details: `The same slice stands in \`deps\` twice, perhaps by a short and a long name (\`task-001\`, \`task-001-users\`). Nothing breaks; but one of the two may have been meant to be another slice. The quick fix removes the second.`,
  },
  {
    code: 'task.checklist-not-executable',
    severity: 'warning',
    summary: 'A checklist has no item that can be run, so its ticks would have to be believed.',
    details: `There is a checklist, but no item of it names a command that passes, the front matter has no \`verify\`, and the wave has no validation. Somebody would have to believe the ticks.

Bad: \`- [ ] All tests pass\`

Good: \`\` - [ ] \`npm test\` passes \`\``,
  },
  {
    code: 'task.check-unknown',
    severity: 'warning',
    summary: 'A check names a script or a file that does not exist, so it would fail whatever the work is worth.',
    details: `Looks at the commands of a slice: \`npm run x\`, \`npm test\`, \`pnpm run x\` and \`yarn test\` against the scripts of the nearest \`package.json\` (\`-w\`, \`--prefix\`, \`-C\` and \`cd\` are followed), and \`./x\`, \`node x.js\`, \`node --test x.test.js\`, \`python x.py\` and \`bash x.sh\` against the files of the repository. Nothing is said when a slice of the plan may still write that \`package.json\` or file.

A check that cannot start fails every attempt, however good the work. Correct the name, or add the script first.`,
  },
  {
    code: 'task.program-unknown',
    severity: 'info',
    summary: 'A check begins with a program that is not on the path here.',
    details: `A check begins with a word that is no program on the path of this machine. It may be there on the one where agents run, so this is advice only. Tools that a project installs for itself are not on the path: start them by their runner, as in \`npx eslint .\` or \`uv run pytest\`.`,
  },
  {
    code: 'task.context-budget',
    severity: 'info',
    summary: 'The context of a slice is over its token budget, so parts of it are left out of the prompt.',
    details: `Adds up the tokens of the task spec, its contracts, the conventions and context of the plan, guides such as CLAUDE.md, named skills and layers, and the files under MODIFY as far as a prompt takes them in. Above 12,000 (\`contextTokens\` in the settings) the least important are left out of the prompt and only named, and the agent spends its first minutes reading.

Name fewer contracts, narrow MODIFY, or split the slice. The message names the largest parts.`,
  },
] as const satisfies readonly Rule[];
