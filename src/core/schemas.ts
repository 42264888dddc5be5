import * as z from 'zod';
import { lintSettingsSchema } from './lint/engine/settings.ts';
import { manifestSchema } from './manifest/schema.ts';
import { taskFrontMatterSchema } from './task/schema.ts';

/**
 * JSON Schemas for editors: `manifest` is for `manifest.json`, `task` for the front matter of task specs, `lint` for
 * `.slicewave/lint.yaml`.
 */
export function jsonSchemas(): Record<string, unknown> {
  const options = { target: 'draft-7', io: 'input', unrepresentable: 'any' } as const;
  return {
    manifest: { ...z.toJSONSchema(manifestSchema, options), title: 'Slicewave plan manifest' },
    task: { ...z.toJSONSchema(taskFrontMatterSchema, options), title: 'Slicewave task spec front matter' },
    lint: { ...z.toJSONSchema(lintSettingsSchema, options), title: 'Slicewave lint settings' },
  };
}
