import { field, textOf } from '../../text/document.ts';
import type { DocumentEntry } from '../../text/document.ts';
import type { Finding, Fix } from '../../text/finding.ts';
import { within } from '../../text/markdown.ts';
import type { Markdown } from '../../text/markdown.ts';
import type { Span } from '../../text/source.ts';
import { bypassFindings } from './bypass.ts';
import { report } from '../engine/rules.ts';
import { isNegative, readStatements } from './statements.ts';
import type { Statement } from './statements.ts';
import { deadRule, readToolRules } from './tool-rules.ts';
import type { ToolRule } from './tool-rules.ts';
import { oneLine } from '../../text/printing.ts';

type Kind = 'skill' | 'instructions';

/** Everything is compared with everything, so there is an end to it; no file that people wrote comes near. */
const maxCompared = 400;

/** What an instruction lets an agent do: rules without effect, rules against each other, and ways around all of them. */
export function permissionFindings(markdown: Markdown, kind: Kind): Finding[] {
  const statements = readStatements(markdown);
  const map = markdown.frontMatter?.map ?? null;
  const allowed = [...toolsOf(markdown, field(map, 'allowed-tools')), ...toolsOf(markdown, field(map, 'tools'))];
  const denied = [
    ...toolsOf(markdown, field(map, 'disallowedTools')),
    ...toolsOf(markdown, field(map, 'disallowed-tools')),
  ];
  const bans = statements.flatMap((statement) => banOf(statement) ?? []).slice(0, maxCompared);
  return [
    ...deadRules(markdown, kind, [...allowed, ...denied]),
    ...toolsInBoth(markdown, kind, allowed, denied),
    ...toolsAgainstText(markdown, kind, { allowed, denied, bans }),
    ...textAgainstText(markdown, kind, statements, bans),
    ...bypassFindings(markdown, kind, statements),
  ];
}

function toolsOf(markdown: Markdown, entry: DocumentEntry | undefined): ToolRule[] {
  return entry ? readToolRules(markdown.source, entry.value) : [];
}

/** Whether the tools of a file are those of Claude Code: the names of tools differ from agent to agent. */
function isForClaude(file: string): boolean {
  return /(?:^|\/)\.claude(?:-plugin)?\//.test(file);
}

function deadRules(markdown: Markdown, kind: Kind, rules: readonly ToolRule[]): Finding[] {
  const { source } = markdown;
  const findings: Finding[] = [];
  for (const rule of rules) {
    const dead = deadRule(rule);
    // `Write(src/**)` is Claude Code's notation wherever it stands; a bare name may be another agent's tool.
    if (!dead || (rule.specifier === null && !isForClaude(source.file))) continue;
    const fix: Fix | undefined =
      dead.instead === null
        ? undefined
        : {
            title: `Change to ${dead.instead}`,
            edits: [{ span: rule.span, text: dead.instead }],
            // A rule that begins to match gives a right that the agent did not have so far: a person decides.
            guess: true,
          };
    findings.push(report(source, `${kind}.permission-unknown`, dead.message, rule.span, fix));
  }
  const map = markdown.frontMatter?.map ?? null;
  if (kind === 'instructions' && /(?:^|\/)\.claude\/agents\//.test(source.file)) {
    const entry = field(map, 'allowed-tools');
    if (entry) {
      const fix: Fix | undefined = field(map, 'tools')
        ? undefined
        : { title: 'Change to tools', edits: [{ span: entry.keySpan, text: 'tools' }] };
      findings.push(
        report(
          source,
          'instructions.permission-unknown',
          'an agent of Claude Code has no field "allowed-tools", so it inherits every tool: the field is called tools',
          entry.keySpan,
          fix,
        ),
      );
    }
    const mode = textOf(field(map, 'permissionMode')?.value);
    if (mode && !permissionModes.has(mode.value))
      findings.push(
        report(
          source,
          'instructions.permission-unknown',
          `"${mode.value}" is no permission mode of Claude Code; it has ${[...permissionModes].join(', ')}`,
          mode.span,
        ),
      );
  }
  return findings;
}

const permissionModes = new Set(['default', 'acceptEdits', 'auto', 'bypassPermissions', 'dontAsk', 'manual', 'plan']);

function toolsInBoth(
  markdown: Markdown,
  kind: Kind,
  allowed: readonly ToolRule[],
  denied: readonly ToolRule[],
): Finding[] {
  return allowed.slice(0, maxCompared).flatMap((rule) => {
    const against = denied.find(
      (other) => other.name === rule.name && (other.specifier === null || other.specifier === rule.specifier),
    );
    return against
      ? report(
          markdown.source,
          `${kind}.permission-contradiction`,
          `"${rule.text}" is allowed here and "${against.text}" is disallowed on line ${lineOf(markdown, against.span)}; the ban wins`,
          rule.span,
        )
      : [];
  });
}

/** Verbs that mean the same where something is allowed or forbidden. */
const verbs: ReadonlyMap<string, string> = new Map(
  Object.entries({
    add: 'add',
    commit: 'commit',
    create: 'create',
    delete: 'delete remove',
    deploy: 'deploy',
    edit: 'edit modify change alter update touch write',
    install: 'install',
    merge: 'merge',
    publish: 'publish',
    push: 'push',
    rebase: 'rebase',
    refactor: 'refactor',
    rename: 'rename',
    run: 'run execute',
    use: 'use',
  }).flatMap(([verb, words]) => words.split(' ').map((word) => [word, verb] as const)),
);

/** Words without weight for what is meant. */
const empty = new Set([
  'the',
  'a',
  'an',
  'any',
  'all',
  'every',
  'to',
  'of',
  'this',
  'that',
  'your',
  'our',
  'its',
  'in',
  'on',
  'ever',
  'directly',
  'yourself',
  'please',
  'also',
]);
/** Objects by which everything is meant. */
const everything = new Set([
  'file',
  'code',
  'source',
  'anything',
  'everything',
  'thing',
  'change',
  'project',
  'codebase',
  'repository',
  'repo',
]);
const conditional =
  /\b(?:unless|until|except|without|before|after|if|when|whenever|while|outside|other than|only|beyond|during|manually|by hand|instead|first|more than|just|yet|still)\b/i;
const limiting = /\b(?:outside|other than|except|beyond|besides|only)\b/i;

interface Act {
  readonly statement: Statement;
  readonly verb: string;
  /** What it is done to, without words that carry no weight. */
  readonly object: readonly string[];
}

interface Ban {
  readonly statement: Statement;
  /** `null` when it bans no act that can be named, only what its code spans name. */
  readonly act: Act | null;
  readonly conditional: boolean;
}

const passing = /\b(?:if|when|unless|until|before|while|during|phase|step|stage)\b/i;
const banStart =
  /^(?:(?:you|agents?|we|it|this agent|this skill)\s+)?(?:(?:must|should|may|can|do|does|shall|is|are)\s+(?:never|not)(?:\s+allowed to)?|mustn['’]t|shouldn['’]t|can['’]t|cannot|don['’]t|never)\s+/i;
const banHeading =
  /^\W*(?:never|do not|don['’]ts?|will not|won['’]t|forbidden|prohibited|not allowed|disallowed|must not|off[- ]limits)\b/i;
const allowStart = /^(?:you\s+(?:may|can|are allowed to)|feel free to|agents? (?:may|can))\s+/i;
const allowHeading = /^\W*(?:allowed|allowed actions|you may|permitted|what you may do|may)\W*$/i;

function banOf(statement: Statement): Ban | null {
  // A quotation is what somebody else is told; a step is over when the next one begins.
  if (/^\s*>/.test(statement.text) || passing.test(`${statement.heading}\n${statement.lead}`)) return null;
  // A label, as in `Hard constraint: never ...`, is no part of the sentence.
  const words = unmarked(statement.text).replace(/^[A-Z][\w -]{0,30}:\s+/, '');
  const direct = banStart.exec(words)?.[0] ?? null;
  const byPlace =
    direct === null &&
    (banHeading.test(statement.heading) || banHeading.test(statement.lead)) &&
    !isNegative(words) &&
    !allowStart.test(words);
  if (direct === null && !byPlace) return null;
  return {
    statement,
    act: actOf(statement, direct === null ? words : words.slice(direct.length)),
    conditional: conditional.test(words),
  };
}

function allowedActOf(statement: Statement): Act | null {
  const words = unmarked(statement.text);
  if (isNegative(words)) return null;
  const start = allowStart.exec(words)?.[0];
  if (start !== undefined) return actOf(statement, words.slice(start.length));
  return allowHeading.test(statement.heading) && !banHeading.test(statement.lead) ? actOf(statement, words) : null;
}

function actOf(statement: Statement, words: string): Act | null {
  const [first = '', ...rest] = words
    .toLowerCase()
    .split(/[^\p{L}\p{N}./*@_-]+/u)
    .map((word) => word.replace(/^[.]+$|[.,]+$/g, ''))
    .filter((word) => word !== '');
  const stem = first.replace(/(?:ing|s)$/, '');
  const verb = verbs.get(first) ?? verbs.get(stem) ?? verbs.get(`${stem}e`) ?? verbs.get(stem.replace(/(.)\1$/, '$1'));
  const object = rest
    .filter((word) => !empty.has(word))
    .map((word) => (/[./*@_]/.test(word) ? word : word.replace(/s$/, '')));
  return verb === undefined || object.length > 8 ? null : { statement, verb, object };
}

function isEverything(act: Act): boolean {
  return act.object.length > 0 && act.object.every((word) => everything.has(word));
}

/** Commands behind acts, for rules of the shell. */
const commands: Readonly<Record<string, readonly string[]>> = {
  commit: ['git commit'],
  delete: ['rm', 'rmdir'],
  merge: ['git merge'],
  push: ['git push'],
  rebase: ['git rebase'],
};
const targets = new Set([
  ...everything,
  'commit',
  'branch',
  'branche',
  'remote',
  'origin',
  'directory',
  'directorie',
  'folder',
]);

function toolsAgainstText(
  markdown: Markdown,
  kind: Kind,
  rules: { readonly allowed: readonly ToolRule[]; readonly denied: readonly ToolRule[]; readonly bans: readonly Ban[] },
): Finding[] {
  const { allowed, denied, bans } = rules;
  const { source } = markdown;
  const findings: Finding[] = [];
  const against = (rule: ToolRule, ban: Ban, advice: string): void => {
    findings.push(
      report(
        source,
        `${kind}.permission-contradiction`,
        `"${rule.text}" allows what line ${lineOf(markdown, ban.statement.span)} forbids ("${excerpt(ban.statement.text)}"): ${advice}`,
        rule.span,
      ),
    );
  };
  const plain = bans.filter((ban) => !ban.conditional);
  for (const rule of allowed.slice(0, maxCompared)) {
    // What is disallowed as well is gone already, and said so.
    if (denied.some((other) => other.name === rule.name && other.specifier === null)) continue;
    if (rule.name === 'Bash' && rule.specifier !== null) {
      const command = rule.specifier.replace(/:?\s?\*+$/, '').trim();
      if (command === '' || command.includes('*')) continue;
      const ban = plain.find(({ statement, act }) => {
        const named = [...statement.text.matchAll(/`([^`\n]+)`/g)].map((found) => (found[1] ?? '').trim());
        if (named.some((words) => words === command || words.startsWith(`${command} `))) return true;
        return (
          act !== null &&
          (commands[act.verb] ?? []).some((meant) => command === meant || command.startsWith(`${meant} `)) &&
          act.object.every((word) => targets.has(word))
        );
      });
      if (ban) against(rule, ban, 'narrow the rule or drop the ban');
    } else if (/^(?:Write|Edit|MultiEdit|NotebookEdit)$/.test(rule.name) && rule.specifier === null) {
      // An agent that must not change code may still write a report.
      const ban = plain.find(
        ({ act }) =>
          act !== null &&
          act.verb === 'edit' &&
          isEverything(act) &&
          (rule.name !== 'Write' || act.object.some((word) => /^(?:file|anything|everything)$/.test(word))),
      );
      if (ban) against(rule, ban, 'take the tool out or drop the ban');
    }
  }
  return findings;
}

function textAgainstText(
  markdown: Markdown,
  kind: Kind,
  statements: readonly Statement[],
  bans: readonly Ban[],
): Finding[] {
  if (bans.length === 0) return [];
  const allowed = statements.flatMap((statement) => allowedActOf(statement) ?? []).slice(0, maxCompared);
  const findings: Finding[] = [];
  for (const act of allowed) {
    const ban = bans.find(({ act: banned, statement, conditional }) => {
      if (!banned || banned.verb !== act.verb || statement === act.statement) return false;
      // Sections on different things may well differ; sections called Allowed and Never are about the same.
      if (
        statement.heading !== act.statement.heading &&
        !banHeading.test(statement.heading) &&
        !allowHeading.test(act.statement.heading)
      )
        return false;
      if (sameWords(banned.object, act.object)) return banned.object.length > 0 || act.verb !== 'use';
      // `Do not push.` leaves no room for `You may push after the tests`.
      if (banned.object.length === 0 && !conditional && irreversible.has(act.verb)) return true;
      return isEverything(act) && /\b(?:any|all|every)/i.test(act.statement.text) && limiting.test(statement.text);
    });
    if (!ban) continue;
    findings.push(
      report(
        markdown.source,
        `${kind}.permission-contradiction`,
        `this allows what line ${lineOf(markdown, ban.statement.span)} forbids ("${excerpt(ban.statement.text)}"): keep one of the two`,
        trimmedSpan(markdown, act.statement.span),
      ),
    );
  }
  return findings;
}

const irreversible = new Set(['commit', 'deploy', 'install', 'merge', 'publish', 'push', 'rebase']);

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word) => b.includes(word));
}

/** Without the marks of Markdown, so that words can be compared. */
function unmarked(text: string): string {
  return text
    .replace(/[*`]|(?<!\w)_|_(?!\w)/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^[^\p{L}\p{N}]+/u, '');
}

function excerpt(text: string): string {
  const line = oneLine(text);
  return line.length <= 60 ? line : `${line.slice(0, 57).trimEnd()}...`;
}

function lineOf(markdown: Markdown, span: Span): number {
  return markdown.source.position(span.start).line;
}

function trimmedSpan(markdown: Markdown, span: Span): Span {
  const words = markdown.source.text.slice(span.start, span.end);
  const start = span.start + (words.length - words.trimStart().length);
  const trimmed = { start, end: start + words.trim().length };
  return within(trimmed, span) ? trimmed : span;
}
