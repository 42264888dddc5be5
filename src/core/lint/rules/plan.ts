import type { Rule } from './rule.ts';

/** What can be wrong with plans. */
export const planRules = [
  {
    code: 'plan.manifest-missing',
    severity: 'error',
    summary: 'A plan directory has no manifest.json.',
    details: `A directory of task specs without \`manifest.json\` is no plan: nothing says which slices belong to it, or in which order. \`slicewave init\` writes one.`,
  },
  {
    code: 'plan.task-file-missing',
    severity: 'error',
    summary: 'The manifest lists a slice that has no task spec.',
    details: `The manifest lists an id for which no file in \`tasks/\` has the same id or name. The slice would be left out, and whatever waits for it would never start. Short forms are understood (\`task-003\` for \`task-003-config\`) as long as they mean one file.`,
  },
  {
    code: 'plan.not-listed',
    severity: 'warning',
    summary: 'A task spec is not listed in the manifest.',
    details: `A task spec lies in \`tasks/\`, but no wave of the manifest lists it. It is taken into the plan all the same, in the wave its dependencies give. List it, or move the file away.`,
  },
  {
    code: 'plan.listed-twice',
    severity: 'warning',
    summary: 'The manifest lists a slice twice.',
    details: `The manifest lists one slice in two places. The first one counts. Remove the other.`,
  },
  {
    code: 'plan.bad-id',
    severity: 'error',
    summary: 'An id cannot name a branch or a directory.',
    details: `An id becomes a branch and a directory: letters, digits, \`-\`, \`_\` and \`.\`, beginning with a letter or a digit, at most 100 of them.`,
  },
  {
    code: 'plan.duplicate-id',
    severity: 'error',
    summary: 'Two task specs have the same id.',
    details: `Two task specs have one id, or two that differ only in case, which some file systems do not tell apart. The later file is read under its file name instead, or left out.`,
  },
  {
    code: 'plan.agent-differs',
    severity: 'warning',
    summary: 'Manifest and task spec give a slice to different agents.',
    details: `The manifest gives the slice to one agent, its own front matter to another; the front matter counts. Make them agree, so that the next reader is not misled.`,
  },
  {
    code: 'plan.unknown-dependency',
    severity: 'error',
    summary: 'A slice depends on a slice that does not exist.',
    details: `\`deps\` or \`runtime_deps\` names a slice that does not exist, or a short name that could mean several. The slice would start without what it waits for. When one id is spelled almost the same, the quick fix puts it in.`,
  },
  {
    code: 'plan.self-dependency',
    severity: 'error',
    summary: 'A slice depends on itself.',
    details: `A slice that waits for itself never starts. The quick fix removes the entry; perhaps another slice was meant.`,
  },
  {
    code: 'plan.cycle',
    severity: 'error',
    summary: 'Slices wait for each other in a circle, so none of them could ever start.',
    details: `The slices of the trail each wait for the next, by dependencies or merge points, so none could ever start and the plan is not run. Remove the dependency that is not needed, or move what both need into a contract or a slice of its own.`,
  },
  {
    code: 'plan.unknown-merge-slice',
    severity: 'error',
    summary: 'A merge point names a slice that does not exist.',
    details: `A merge point names a slice that does not exist, so it would wait for less, or unlock less, than was meant.`,
  },
  {
    code: 'plan.blocks-disagree',
    severity: 'warning',
    summary: 'The blocks of a slice contradict the deps of another; deps decide.',
    details: `\`blocks\` is the mirror of the others' \`deps\`. Here it names a slice that does not depend on this one, or that this one depends on. \`deps\` decide, so \`blocks\` only misleads. The quick fix takes the entry out; if the dependency was meant, add it to the other's \`deps\`.`,
  },
  {
    code: 'plan.blocks-unknown',
    severity: 'warning',
    summary: 'The blocks of a slice name one that does not exist.',
    details: `\`blocks\` names a slice that does not exist. Correct the spelling or remove it.`,
  },
  {
    code: 'plan.create-twice',
    severity: 'error',
    summary: 'Two slices may create the same file, so one would overwrite the other.',
    details: `A path is under CREATE of exactly one slice of the whole plan, whatever the waves: the later one would find the file and overwrite it, or both would write it at once. The globs are intersected exactly, and the message names a path that both match. Globs of two slices that run one after the other may meet (\`plan.create-may-meet\`), as long as they do not both name one file.

Give the file to one slice, and let the other depend on it and MODIFY it.`,
  },
  {
    code: 'plan.create-may-meet',
    severity: 'info',
    summary: 'Two slices, one after the other, may create files of one place.',
    details: `\`src/orders/**\` under CREATE of one slice and \`src/orders/list.ts\` of a later one say that both add files there. The later one finds what the earlier one made, so nothing collides; only if both mean the same file, one of them would overwrite it. Between slices that may run at the same time it is \`plan.create-twice\`.

Name the files, or leave it as it is.`,
  },
  {
    code: 'plan.modify-together',
    severity: 'warning',
    summary: 'Two slices of one wave modify the same place and will conflict.',
    details: `Two slices of one wave modify the same file, or the same symbol of it, and will meet in a merge conflict; they share less than 20 % of what they write, so the cut is right apart from this place. \`file::A\` and \`file::B\` do not meet.

Give the place to one of them, make one depend on the other, or name the symbols each one changes. When they share more, the finding is \`plan.overlap\`.`,
  },
  {
    code: 'plan.wave-order',
    severity: 'warning',
    summary: 'The manifest puts a slice into no later a wave than what it depends on.',
    details: `The manifest lists a slice in the same wave as one it depends on. It will wait all the same; move it to a later wave, so that the file says what happens.`,
  },
  {
    code: 'plan.wrong-count',
    severity: 'warning',
    summary: 'The count in metadata.total_tasks is not the number of slices.',
    details: `The number is written by hand and counted by nobody else. The quick fix puts in the right one.`,
  },
  {
    code: 'plan.wrong-parallel',
    severity: 'warning',
    summary: 'The width in metadata.max_parallel is not the width of the widest wave.',
    details: `\`max_parallel\` in the metadata is the number of slices in the widest wave. The quick fix puts in the right one. To run fewer at a time, set \`limits.max_parallel\`.`,
  },
  {
    code: 'plan.wrong-critical-path',
    severity: 'warning',
    summary: 'The chain in metadata.critical_path is not the longest chain of the plan.',
    details: `The chain is no path along the dependencies, or shorter than the longest one by the estimates. Any of several longest chains is right. The quick fix puts in the computed one.`,
  },
  {
    code: 'plan.contract-missing',
    severity: 'warning',
    summary: 'A contract is named but does not exist in the plan directory.',
    details: `The manifest or a task spec names a contract that is not in the plan directory, so agents would start without the interface they are to meet at. Write it, or correct the path: it is relative to the plan directory, and a bare name means \`contracts/\`.`,
  },
  {
    code: 'plan.backward-dependency',
    severity: 'warning',
    summary: 'A slice depends on one that the manifest puts into a later wave.',
    details: `By the manifest the dependency stands in a later wave than the slice that needs it. Dependencies decide when slices run, so the slice will wait; but whoever wrote the waves believed something else, and one of the two is a mistake.

Turn the dependency round, remove it, or move one of the slices in the manifest.`,
  },
  {
    code: 'plan.blocks-incomplete',
    severity: 'info',
    summary: 'The blocks of a slice leave out slices that depend on it.',
    details: `The slice has a list of what it blocks, and slices that depend on it are not in it. Nothing breaks, because \`deps\` decide; a reader who trusts the list would think those free to start. The quick fix adds them. A task spec without \`blocks\` is left alone.`,
  },
  {
    code: 'plan.overlap',
    severity: 'warning',
    summary:
      'Two slices that may run at the same time share so much of what they write that they should be cut differently.',
    details: `For every two slices that may run at the same time, how much of the smaller write scope both may write, in files (and symbols where the scope names them). Under 20 % they run side by side. From 20 % to 50 % they are better cut differently: give the shared files to one of them, or turn them into a contract. Above 50 % they are one piece of work: make one depend on the other, or put both into one workstream.

The limits are \`parallelBelow\` and \`serialAbove\` in the settings. A pair that creates the same file has \`plan.create-twice\` instead. At most three partners of a slice are shown.`,
  },
  {
    code: 'plan.overlap-unmeasured',
    severity: 'info',
    summary: 'A scope holds so many globs that look alike, or a plan so many overlaps, that not all are measured.',
    details: `Globs are told apart by how paths begin, end and are called in between, so that only a few ever have to be compared. This scope has hundreds with wildcards, and too many pairs of them and other slices' globs are left that nothing but a comparison tells apart. \`plan.overlap\`, \`plan.create-twice\` and \`plan.modify-together\` say nothing of this slice; \`slicewave plan\` still compares it, however long that takes. At the manifest it says that the plan has more than 100,000 pairs that overlap, of which the rest is not looked for.

Name the directories or files instead: a scope that takes hundreds of globs is also too much for one slice.`,
  },
  {
    code: 'plan.wave-contradicts',
    severity: 'warning',
    summary: 'The wave in the front matter of a slice is not later than that of what it depends on.',
    details: `The \`wave\` in the front matter is not later than that of a slice it depends on. Dependencies decide, so the number only misleads. The quick fix puts in the first wave in which the slice can run.`,
  },
  {
    code: 'plan.wave-unvalidated',
    severity: 'info',
    summary: 'A wave ends without a check although others have one, or nothing in it is checked at all.',
    details: `A validation at the end of a wave finds what no slice sees by itself, before the next wave builds on it. This wave has none although others do, or none of its slices has a check either.

Good: \`"validation": "npm test"\` in the wave.`,
  },
  {
    code: 'plan.merge-point-idle',
    severity: 'info',
    summary: 'A merge point holds nothing back, so whoever relies on it is misled.',
    details: `A merge point makes the slices it unlocks wait until the slices it needs are verified and merged. This one unlocks nothing, or only slices that wait for all of its needs anyway, by their dependencies or by other merge points. One that runs a check of its own (\`verify\`) is never idle.

Bad: \`MP1\` needs \`A1\` and unlocks \`A2\`, and \`A2\` has \`deps: [A1]\`.

Name what it should hold back, or remove it.`,
  },
  {
    code: 'plan.contract-unused',
    severity: 'info',
    summary: 'No slice is given a contract, so it is left over or a slice was forgotten.',
    details: `Every slice names the contracts it needs, and none names this one, nor does the manifest list a consumer of it: no agent is given it. Either a slice was forgotten, or the contract is left over. A slice that names no contract at all is given all of them.`,
  },
  {
    code: 'plan.contract-written',
    severity: 'warning',
    summary: 'A slice may write a contract that it does not own, and the others would not see the change.',
    details: `Contracts are written before any agent starts, and all slices build on the same text. Here a slice may CREATE or MODIFY the file without being the contract's \`provider\`; what it changes, the others do not see until integration.

Take the path out of the scope, put it under BOUNDARY, or make the slice the provider and let the consumers depend on it. Entries with a symbol are left alone.`,
  },
] as const satisfies readonly Rule[];
