import {
  answerTemplates,
  allowedTemplate,
  finalReplyTemplate,
  goalTemplate,
  requiredOutputTemplate,
  stopTemplate,
} from '../lint/engine/templates.ts';

/** The sections that each kind of file should have, with what stands in them at first. */
export const sections: Readonly<Record<string, readonly { readonly title: string; readonly body: string }[]>> = {
  spec: [
    ...Object.values(answerTemplates).map(section),
    {
      title: 'Workstreams',
      body: '\n### WS-A: <name>\n\nBoundary: <src/area/**>\n\n- A1: <slice> (files: <path>; verify: <command>)\n',
    },
    { title: 'Contracts', body: '' },
    { title: 'Conventions', body: '' },
    { title: 'Test plan', body: '' },
    { title: 'Constraints', body: '' },
    { title: 'Risks', body: '' },
    { title: 'Open questions', body: '' },
    section(stopTemplate),
  ],
  task: [
    { title: 'Scope', body: '\nCREATE: <src/area/**>\nMODIFY: none\nBOUNDARY: .env*, .github/**, **/secrets/**\n' },
    { title: 'Requirements', body: '\n- <what must be true afterwards>\n' },
    { title: 'Checklist', body: '\n- [ ] `<command>` passes\n' },
    section(stopTemplate),
    { title: 'Evidence', body: '\n- [ ] `<command>` passes\n' },
  ],
  skill: [
    section(goalTemplate),
    section(allowedTemplate),
    section(requiredOutputTemplate),
    section(stopTemplate),
    section(finalReplyTemplate),
  ],
};

function section(template: string): { readonly title: string; readonly body: string } {
  const [first = '', ...rest] = template.split('\n');
  return { title: first.replace(/^#+ /, ''), body: rest.join('\n') };
}

/** Words in angle brackets become places to fill in. */
export function placeholders(template: string): string {
  let count = 0;
  return template.replace(/[\\$}]/g, '\\$&').replace(/<([^<>\n]+)>/g, (_, words: string) => `\${${++count}:${words}}`);
}
