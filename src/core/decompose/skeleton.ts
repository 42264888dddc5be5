import type { PlanFiles } from '../plan/model.ts';

export interface SkeletonRequest {
  readonly name: string;
  readonly techSpecId: string;
  readonly specPath: string | null;
  readonly title: string | null;
  readonly technology: string | null;
}

/** An empty plan directory, to be filled by hand: what `init` makes. Paths are relative to it. */
export function planSkeleton(request: SkeletonRequest): PlanFiles {
  const { name, techSpecId, specPath, title, technology } = request;
  const manifest = {
    tech_spec_id: techSpecId,
    name,
    ...(title ? { title } : {}),
    ...(technology ? { technology } : {}),
    waves: [],
    metadata: { ...(specPath ? { tech_spec: specPath } : {}), total_tasks: 0, max_parallel: 0, critical_path: [] },
  };
  return new Map([
    ['manifest.json', `${JSON.stringify(manifest, null, 2)}\n`],
    [
      'context.md',
      `# ${title ?? name}\n\n${specPath ? `Spec: \`${specPath}\`. ` : ''}What every agent of this plan has to know, in a page: outcome, what is in scope, what is not.\n`,
    ],
    ['conventions.md', '# Conventions\n\nTwo paragraphs on naming and style that every agent is given.\n'],
    // Git keeps no empty directories.
    ['tasks/.gitkeep', ''],
    ['contracts/.gitkeep', ''],
    ['prompts/.gitkeep', ''],
  ]);
}
