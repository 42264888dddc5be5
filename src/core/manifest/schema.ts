import * as z from 'zod';

const id = z.string().min(1);
const strings = z.array(z.string());

const waveTask = z.looseObject({
  id: id.describe('The slice: task-001, or task-001-users as its file is named'),
  agent: z.string().nullish().describe('"plugin:name" or a bare name'),
  prompt_file: z.string().nullish(),
  component: z.string().nullish(),
});

const wave = z.looseObject({
  number: z.number().int().min(0),
  tasks: z.array(waveTask),
  validation: z
    .string()
    .nullish()
    .describe("Run after the wave: a shell command, or bare source of the manifest's technology"),
});

const packages = z
  .looseObject({
    add: strings.optional().describe('Pinned: pydantic==2.5.3, zod@4.1.0'),
    upgrade: strings.optional(),
    remove: strings.optional(),
    add_dev: strings.optional(),
  })
  .describe('Applied before any slice starts, in the order remove, upgrade, add, add_dev');

const workstream = z.looseObject({ id, name: z.string().optional(), boundary: strings.optional() });

const mergePoint = z.looseObject({
  id,
  needs: z.array(id).min(1).describe('Slices that must be verified and merged together'),
  unlocks: z.array(id).describe('Slices that may start only then'),
  verify: z.union([z.string(), strings]).optional(),
});

const contract = z.union([
  z.string(),
  z.looseObject({
    path: z.string().min(1).describe('Relative to the plan directory'),
    target: z.string().nullish().describe('Where it is written in the repository before any agent starts'),
    provider: z.string().nullish(),
    consumers: strings.optional(),
  }),
]);

const limits = z.looseObject({
  max_parallel: z.number().int().min(1).nullish(),
  max_retries: z.number().int().min(0).max(10).optional(),
  timeout_minutes: z.number().positive().optional(),
  max_cost_usd: z.number().positive().nullish().describe('Of one slice: it is stopped beyond'),
  budget_usd: z.number().positive().nullish().describe('Of the whole plan: no agent starts beyond'),
  budget_tokens: z.number().positive().nullish().describe('In and out, of the whole plan: no agent starts beyond'),
  budget_minutes: z.number().positive().nullish().describe('Of one run of the plan: no agent starts beyond'),
});

const sandboxMode = z.enum(['auto', 'required', 'off']);

const sandbox = z.union([
  sandboxMode,
  z.looseObject({
    mode: sandboxMode.optional(),
    checks_network: z.enum(['open', 'closed']).optional().describe('Whether checks reach the network (default: open)'),
    writable: strings.optional().describe('Further places to write: absolute, or ~/...'),
    hidden: strings.optional().describe('Further places that cannot be read: absolute, or ~/...'),
  }),
]);

/** `manifest.json` of a plan directory, as it is written today. Unknown keys are kept. */
export const manifestSchema = z
  .looseObject({
    tech_spec_id: z.string().min(1).describe('The spec this plan decomposes: TS-0042'),
    waves: z.array(wave),
    name: z.string().nullish(),
    title: z.string().nullish(),
    technology: z.string().nullish().describe('python, typescript, ...'),
    python_version: z.string().nullish(),
    dependencies: z.record(z.string(), packages).optional(),
    metadata: z
      .looseObject({
        tech_spec: z.string().nullish(),
        generated_at: z.string().nullish(),
        total_tasks: z.number().int().min(0).nullish(),
        max_parallel: z.number().int().min(0).nullish(),
        critical_path: strings.optional(),
      })
      .optional(),
    integration: z.looseObject({ status: z.string().nullish(), report_path: z.string().nullish() }).nullish(),
    workstreams: z.array(workstream).optional(),
    merge_points: z.array(mergePoint).optional(),
    contracts: z.array(contract).optional(),
    layers: z.record(z.string(), strings).optional(),
    limits: limits.optional(),
    sandbox: sandbox
      .optional()
      .describe('Whether the operating system confines agents and checks: auto (where it can), required, off'),
    setup: z
      .union([z.string(), strings])
      .optional()
      .describe(
        'Commands that make a worktree ready before its agent starts; [] for none. Without it: the install that the lock files call for',
      ),
  })
  .describe('Manifest of a Slicewave plan');

const legacyFile = z.union([
  z.string(),
  z.looseObject({
    id: z.string().optional(),
    file: z.string().optional(),
    wave: z.number().int().optional(),
    agent: z.string().nullish(),
  }),
]);

/** The older form: `version, tech_spec{...}, tasks{total, waves, files[]}`. */
export const legacyManifestSchema = z.looseObject({
  version: z.union([z.string(), z.number()]).optional(),
  tech_spec: z.union([
    z.string(),
    z.looseObject({ id: z.string().optional(), path: z.string().nullish(), title: z.string().nullish() }),
  ]),
  tasks: z.looseObject({
    total: z.number().int().min(0).optional(),
    waves: z.union([z.number().int(), z.array(z.unknown()), z.record(z.string(), z.unknown())]).optional(),
    files: z.array(legacyFile).optional(),
  }),
});
