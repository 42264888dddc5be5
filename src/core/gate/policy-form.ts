import * as z from 'zod';

const entry = z.looseObject({ path: z.string().nullable(), symbol: z.string().nullable(), text: z.string() });

/** What a policy file must say, as `ScopePolicy` has it: hooks refuse everything rather than go by less. */
export const policyForm = z.looseObject({
  v: z.literal(1),
  plan: z.string(),
  slice: z.string(),
  worktree: z.string().min(1),
  scope: z.looseObject({ create: z.array(entry), modify: z.array(entry), boundary: z.array(entry) }),
  approved: z.array(z.string()),
});
