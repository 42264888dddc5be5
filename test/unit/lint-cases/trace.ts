import type { Cases } from './workspace.ts';

export const traceCases: Cases<'trace'> = {};
