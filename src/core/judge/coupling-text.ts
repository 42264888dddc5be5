import { assertNever } from '../text/result.ts';
import type { Coupling, CouplingEvidence } from './coupling-model.ts';

/** Pieces of evidence that are said; the others are counted. */
const mostSaid = 3;

/** The coupling as one clause without a full stop: who, how strongly, and why. Pair it with `couplingAdvice`. */
export function couplingText(coupling: Coupling): string {
  const { a, b, score, evidence } = coupling;
  const said = evidence.slice(0, mostSaid).map(evidenceText);
  const left = evidence.length - mostSaid;
  const more = left > 0 ? [left === 1 ? 'one more reason' : `${left} more reasons`] : [];
  return `${a} and ${b} may run at the same time and are coupled (${score} of 100): ${[...said, ...more].join('; ')}`;
}

/** One piece of evidence in words. */
export function evidenceText(evidence: CouplingEvidence): string {
  switch (evidence.kind) {
    case 'import': {
      const { importer, imported, from, line, specifier, to, contract } = evidence;
      const covered = contract === null ? '' : `, under the contract ${contract}`;
      return `${from}:${line} of ${importer} imports ${specifier} (${to}), which ${imported} may write${covered}`;
    }
    case 'use': {
      const { user, used, from, line, name, to, contract } = evidence;
      const covered = contract === null ? '' : `, under the contract ${contract}`;
      return `${from}:${line} of ${user} uses ${name} of ${to}, which ${used} may write${covered}`;
    }
    case 'mention':
      return `the requirements of ${evidence.by} name ${evidence.what}, which ${evidence.of} brings`;
    case 'history': {
      const { together, changesA, changesB } = evidence;
      const [rarer, changes] = changesA <= changesB ? [evidence.a, changesA] : [evidence.b, changesB];
      return `${evidence.a} and ${evidence.b} changed together in ${together} of the ${changes} commits of ${rarer}`;
    }
    case 'shared-test':
      return evidence.through === 'verify'
        ? `both are checked by ${evidence.test}`
        : `${evidence.test} tests files of both`;
    case 'shared-file':
      switch (evidence.as) {
        case 'lock':
          return `both may change dependencies that ${evidence.file} locks`;
        case 'generated':
          return `${evidence.file} is generated from files of both`;
        case 'migrations':
          return `both create numbered files in ${evidence.file}`;
        case 'registry':
          return `${evidence.file} takes in files of both, and neither may write it`;
        default:
          return assertNever(evidence.as);
      }
    default:
      return assertNever(evidence);
  }
}

/** What to do about it, by the strongest evidence; for `parallel`, that nothing has to be done. */
export function couplingAdvice(coupling: Coupling): string {
  const { before, after, verdict, evidence } = coupling;
  const [strongest] = evidence;
  if (verdict === 'parallel' || !strongest) return 'they can run in parallel; keep an eye on it when they are merged';
  const order = `let ${after} depend on ${before}`;
  const other = remedy(strongest, coupling);
  return verdict === 'serial' ? `${order}, or ${other}` : `${other}, or ${order}`;
}

function remedy(evidence: CouplingEvidence, { before, after }: Coupling): string {
  switch (evidence.kind) {
    case 'import':
      return `write a contract for what ${evidence.importer} uses of ${evidence.to}, provided by ${evidence.imported}`;
    case 'use':
      return `write a contract for what ${evidence.user} uses of ${evidence.to}, provided by ${evidence.used}`;
    case 'mention':
      return `write a contract for ${evidence.what}, provided by ${evidence.of}`;
    case 'history':
      return `give ${evidence.a} and ${evidence.b} to the same slice`;
    case 'shared-test':
      return `give ${evidence.test} to one of them, or to a slice that depends on both`;
    case 'shared-file':
      switch (evidence.as) {
        case 'lock':
          return `make all changes of dependencies in one slice that comes before both ${before} and ${after}`;
        case 'generated':
          return `generate ${evidence.file} anew in a slice that depends on both`;
        case 'migrations':
          return `give the new files in ${evidence.file} to one slice`;
        case 'registry':
          return `give ${evidence.file} to one of them, or to a slice of its own that depends on both`;
        default:
          return assertNever(evidence.as);
      }
    default:
      return assertNever(evidence);
  }
}
