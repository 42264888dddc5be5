import type { Rule } from './rule.ts';

/** What can be wrong with manifests. */
export const manifestRules = [
  {
    code: 'manifest.json',
    severity: 'error',
    summary: 'A manifest is not JSON, so the plan cannot be read.',
    details: `The file is not JSON, and a plan is not run on half a manifest: it could have lost a merge point or a limit. The place is where reading had to stop; the mistake is often just before it: a comma, a quote, a bracket.`,
  },
  {
    code: 'manifest.json-strict',
    severity: 'warning',
    summary: 'A manifest holds comments, trailing commas or the like, which other tools refuse.',
    details: `Comments, trailing commas, repeated keys and a byte order mark are read here, and refused by most other programs, the ones that agents write included. Remove them.`,
  },
  {
    code: 'manifest.schema',
    severity: 'error',
    summary: 'A manifest field is missing or has the wrong type.',
    details: `A required field is missing (\`tech_spec_id\`, \`waves\`), or a field has the wrong type. The rest is read as far as it goes. Editors complete and check the file by \`manifest.schema.json\`.`,
  },
  {
    code: 'manifest.legacy',
    severity: 'info',
    summary: 'A manifest has the older form; it is read, and can be migrated.',
    details: `The older form has \`version\`, \`tech_spec: {...}\` and \`tasks: {total, waves, files}\`. It is read, but cannot hold merge points, contracts or a validation per wave in the way other tools expect.

The quick fix writes the file anew in the current form: \`tech_spec_id\`, \`waves\` with their tasks, \`metadata\`. Fields that it does not know are kept.`,
  },
  {
    code: 'manifest.unpinned',
    severity: 'warning',
    summary: 'A dependency is not pinned, so two agents may work with different versions.',
    details: `Agents work side by side in worktrees that are set up at different times. A range such as \`^4\` or \`>=2\` may give two of them different versions, and their slices fail only when they meet. Write one version: \`zod@4.1.0\`, \`pydantic==2.5.3\`. Links to files, repositories and workspaces count as pinned.

Where the lock file or the \`package.json\` says which version is in use, the quick fix takes that one.`,
  },
  {
    code: 'manifest.validation',
    severity: 'warning',
    summary: "A wave's validation reads neither as a command nor as source text.",
    details: `A wave's \`validation\` is either a command or bare source of the plan's \`technology\`. This text parses as neither, so it is run as a command and will most likely fail. Write a command: \`python -c "import users"\`.`,
  },
  {
    code: 'manifest.validation-command',
    severity: 'hint',
    summary: "Tells that a wave's validation was read as a command.",
    details: `Tells how the text was read, because plans hold both dialects. Nothing needs to be done when it is right.`,
  },
  {
    code: 'manifest.validation-source',
    severity: 'info',
    summary: "Tells that a wave's validation was read as source of the plan's technology.",
    details: `Tells that the text was read as source of the plan's technology and will be given to its interpreter. When a command was meant, write it so that it can be told: with its program first, as in \`python -m pytest\`.`,
  },
] as const satisfies readonly Rule[];
