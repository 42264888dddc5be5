import type { Finding, Severity } from '../../text/finding.ts';

const commands: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'notice',
  hint: 'notice',
};

/**
 * Findings as workflow commands of GitHub Actions, which become annotations of the changed lines. A column range is only
 * given within one line, because GitHub refuses others. Escaping as in actions/toolkit, packages/core/src/command.ts.
 */
export function githubAnnotations(findings: readonly Finding[]): string {
  return findings
    .map((found) => {
      const columns = found.line === found.endLine ? `,col=${found.column},endColumn=${found.endColumn}` : '';
      const place = `file=${property(found.file)},line=${found.line},endLine=${found.endLine}${columns}`;
      return `::${commands[found.severity]} ${place},title=${property(found.code)}::${data(found.message)}\n`;
    })
    .join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
