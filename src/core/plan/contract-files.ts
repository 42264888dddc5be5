import type { Manifest, ManifestContract } from '../manifest/model.ts';
import type { TaskSpec } from '../task/model.ts';
import { finding, type Finding } from '../text/finding.ts';
import type { SourceText } from '../text/source.ts';
import type { PlanFiles, Slice } from './model.ts';
import type { SliceIds } from './slice-ids.ts';

/** As the plan directory names it: `contracts/types.ts`. */
export function contractPath(written: string, dir: string): string {
  const path = written.replaceAll('\\', '/').replace(/^(?:\.{1,2}\/)+/, '');
  const inside = dir !== '' && path.startsWith(`${dir}/`) ? path.slice(dir.length + 1) : path;
  return inside.includes('/') ? inside : `contracts/${inside}`;
}

/** Where a plan's contracts are named: the manifest, the plan directory, and the task specs, by the id of the slice. */
interface ContractSources {
  readonly manifest: Manifest;
  readonly source: SourceText;
  readonly files: PlanFiles;
  readonly taskOf: (id: string) => { readonly source: SourceText; readonly task: TaskSpec } | undefined;
}

/** The manifest's contracts, then files in `contracts/` it does not name, each with every slice that reads it. */
export function contractsOf(
  { manifest, source, files, taskOf }: ContractSources,
  slices: readonly Slice[],
  ids: SliceIds,
  findings: Finding[],
): ManifestContract[] {
  const known = (name: string): string[] => {
    const id = ids.find(name);
    return typeof id === 'string' ? [id] : [];
  };
  const contracts = manifest.contracts.map((contract) => ({ ...contract, path: contract.path.replace(/^\.\//, '') }));
  for (const contract of contracts) {
    if (files.has(contract.path)) continue;
    const at = source.text.indexOf(JSON.stringify(contract.path));
    findings.push(
      finding(
        source,
        'plan.contract-missing',
        'warning',
        `the contract ${contract.path} does not exist in the plan directory`,
        at < 0 ? undefined : { start: at, end: at + contract.path.length + 2 },
      ),
    );
  }
  const listed = new Set(contracts.map((contract) => contract.path));
  const unnamed = [...files.keys()].filter((path) => path.startsWith('contracts/') && !listed.has(path)).sort();
  const all: ManifestContract[] = [
    ...contracts,
    ...unnamed.map((path) => ({ path, target: null, provider: null, consumers: [] })),
  ];
  const readers = new Map(all.map((contract): [string, string[]] => [contract.path, []]));
  const targets = new Set(all.map((contract) => contract.target));
  for (const slice of slices) {
    for (let index = 0; index < slice.contracts.length; index++) {
      const path = slice.contracts[index] ?? '';
      const those = readers.get(path);
      // Who names a contract twice reads it once.
      if (those && those.at(-1) !== slice.id) those.push(slice.id);
      if (those) continue;
      const entry = taskOf(slice.id);
      const written = entry?.task.contracts[index];
      if (!entry || !written || targets.has(written.value)) continue;
      findings.push(
        finding(
          entry.source,
          'plan.contract-missing',
          'warning',
          `the contract ${path} does not exist in the plan directory`,
          written.span,
        ),
      );
    }
  }
  return all.map((contract) => {
    const declared = contract.consumers.flatMap(known);
    const provider = contract.provider === null ? null : (known(contract.provider)[0] ?? null);
    // Whoever provides a contract names it too, and consumes nothing by that.
    const those = readers.get(contract.path) ?? [];
    const consumers =
      declared.length === 0 && provider === null
        ? those
        : [...new Set([...declared, ...those])].filter((id) => id !== provider);
    return { ...contract, provider, consumers };
  });
}
