import type { Cases } from './workspace.ts';

export const instructionsCases: Cases<'instructions'> = {};
