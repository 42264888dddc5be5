import type { Cases } from './workspace.ts';

export const suppressionCases: Cases<'suppression'> = {};
