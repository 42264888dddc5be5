import { distance } from '../../text/edit-distance.ts';
import type { DocumentValue } from '../../text/document.ts';
import type { SourceText, Span } from '../../text/source.ts';

/** An entry of `allowed-tools`, `tools` or `disallowedTools`: `Read`, `Bash(git diff:*)`, `mcp__github__*`. */
export interface ToolRule {
  readonly text: string;
  readonly name: string;
  /** What stands in the parentheses; `null` without any. */
  readonly specifier: string | null;
  readonly span: Span;
  /** Parentheses that do not pair. */
  readonly unbalanced: boolean;
}

/** The rules of a field: a list, or a string with commas or spaces between them. Never throws. */
export function readToolRules(source: SourceText, value: DocumentValue | undefined): ToolRule[] {
  if (!value) return [];
  if (value.kind === 'list') return value.items.flatMap((item) => readToolRules(source, item));
  if (value.kind === 'map' || typeof value.value !== 'string') return [];
  const rules: ToolRule[] = [];
  // The head of a block (`>-`) is none of its words.
  const raw = source.text
    .slice(value.span.start, value.span.end)
    .replace(/^[|>][^\n]*/, (head) => ' '.repeat(head.length));
  for (const { start, end } of words(raw)) {
    const text = raw.slice(start, end);
    const open = text.indexOf('(');
    const closed = open >= 0 && text.endsWith(')');
    rules.push({
      text,
      name: open < 0 ? text.replace(/\)+$/, '') : text.slice(0, open),
      specifier: open < 0 ? null : text.slice(open + 1, closed ? -1 : undefined),
      span: { start: value.span.start + start, end: value.span.start + end },
      unbalanced: open < 0 ? text.includes(')') : !closed,
    });
  }
  return rules;
}

/** Commas and blanks divide, but not inside parentheses; quotes and brackets around the whole are no part of a rule. */
function words(raw: string): Span[] {
  const found: Span[] = [];
  let start = -1;
  let depth = 0;
  for (let i = 0; i <= raw.length; i++) {
    const c = raw[i] ?? ',';
    const ends = i === raw.length || (depth === 0 && /[\s,"'[\]|>]/.test(c));
    if (ends) {
      if (start >= 0) found.push({ start, end: i });
      start = -1;
      continue;
    }
    if (start < 0) start = i;
    if (c === '(') depth++;
    else if (c === ')') depth = Math.max(0, depth - 1);
  }
  // An opening that never closes swallowed the rest: it ends where the next rule could begin.
  return found.flatMap((span) => {
    const text = raw.slice(span.start, span.end);
    if ((text.match(/\(/g) ?? []).length === (text.match(/\)/g) ?? []).length) return [span];
    const parts: Span[] = [];
    let from = 0;
    for (const next of text.matchAll(/,\s*(?=[A-Z]\w*(?:\(|,|$))/g)) {
      parts.push({ start: span.start + from, end: span.start + next.index });
      from = next.index + next[0].length;
    }
    parts.push({ start: span.start + from, end: span.start + text.trimEnd().length });
    return parts.filter((part) => part.end > part.start);
  });
}

/** The tools of Claude Code by the names that rules must use; some are old names that it still takes. */
const tools = new Set(
  `Agent AskUserQuestion Bash BashOutput CronCreate CronDelete CronList Edit EnterPlanMode EnterWorktree ExitPlanMode
   ExitWorktree Glob Grep KillBash KillShell LS LSP ListMcpResourcesTool Monitor MultiEdit NotebookEdit NotebookRead
   PowerShell Read ReadMcpResourceTool RemoteTrigger SendMessage Skill SlashCommand Task TaskCreate TaskGet TaskList
   TaskOutput TaskStop TaskUpdate TeamCreate TeamDelete TodoRead TodoWrite ToolSearch WebFetch WebSearch Write`.split(
    /\s+/,
  ),
);

/** What people write for a tool that has another name. `null`: there is no such tool. */
const otherNames: Readonly<Record<string, string | null>> = {
  browser: null,
  command: 'Bash',
  createfile: 'Write',
  edit_file: 'Edit',
  editfile: 'Edit',
  editfiles: 'Edit',
  execute: 'Bash',
  execute_command: 'Bash',
  file_search: 'Glob',
  filesystem: null,
  fileread: 'Read',
  filewrite: 'Write',
  find: 'Glob',
  list_dir: 'LS',
  listfiles: 'Glob',
  read_file: 'Read',
  readfile: 'Read',
  run_command: 'Bash',
  run_terminal_cmd: 'Bash',
  runcommand: 'Bash',
  runcommands: 'Bash',
  search: 'Grep',
  search_files: 'Grep',
  shell: 'Bash',
  terminal: 'Bash',
  websearch_tool: 'WebSearch',
  write_file: 'Write',
  writefile: 'Write',
};

export interface DeadRule {
  readonly message: string;
  /** What the author most likely meant. */
  readonly instead: string | null;
}

/** Why a rule has no effect in Claude Code, or `null`. Source: its documentation of permission rules and of tools. */
export function deadRule(rule: ToolRule): DeadRule | null {
  const { name, specifier, text } = rule;
  if (rule.unbalanced)
    return { message: `the parentheses of "${text}" do not pair, so Claude Code cannot read the rule`, instead: null };
  if (name === '*' || name === '' || name.startsWith('mcp__')) return null;
  if (!tools.has(name)) return unknownTool(name, specifier);
  if (specifier === null) return null;
  if (specifier.trim() === '')
    return {
      message: `"${text}" matches nothing: name what it is for, or leave the parentheses out`,
      instead: name,
    };
  const reads = name === 'Glob' || name === 'Grep' || name === 'LS' || name === 'NotebookRead';
  // `Write(*)` is the whole tool.
  if (/^\*+$/.test(specifier.trim())) return null;
  if (reads || name === 'Write' || name === 'MultiEdit' || name === 'NotebookEdit') {
    const verb = reads ? 'Read' : 'Edit';
    return {
      message: `Claude Code matches paths by Read(...) and Edit(...) rules only, so "${text}" matches nothing: write ${verb}(${specifier})`,
      instead: `${verb}(${specifier})`,
    };
  }
  if (name === 'WebFetch' && !specifier.startsWith('domain:'))
    return {
      message: `"${text}" matches nothing: WebFetch rules name a host, as in WebFetch(domain:example.com)`,
      instead: null,
    };
  if ((name === 'Read' || name === 'Edit') && /^\/(?:Users|home|tmp|etc|var|opt)\//.test(specifier))
    return {
      message: `"${text}" starts at the root of the project, not of the disk: write ${name}(/${specifier})`,
      instead: `${name}(/${specifier})`,
    };
  if (name === 'Bash' && /:\*./.test(specifier) && !specifier.endsWith(':*'))
    return { message: `":*" counts at the end of a rule only, so "${text}" matches no command`, instead: null };
  return null;
}

function unknownTool(name: string, specifier: string | null): DeadRule | null {
  const rest = specifier === null ? '' : `(${specifier})`;
  const exact = [...tools].find((tool) => tool.toLowerCase() === name.toLowerCase());
  if (exact)
    return { message: `Claude Code's tool is called ${exact}; "${name}" matches nothing`, instead: exact + rest };
  const key = name.toLowerCase();
  if (Object.hasOwn(otherNames, key)) {
    const other = otherNames[key] ?? null;
    return {
      message: `Claude Code has no tool "${name}", so it matches nothing${other ? `; its ${other} does that` : ''}`,
      instead: null,
    };
  }
  const near = [...tools].find((tool) => tool.length > 3 && distance(tool.toLowerCase(), key, 1) <= 1);
  if (near) return { message: `Claude Code has no tool "${name}"; did you mean ${near}?`, instead: near + rest };
  // Every tool's name starts with a capital, but new ones appear faster than any list of them.
  return /^[a-z]\w*$/.test(name)
    ? { message: `Claude Code has no tool "${name}", so it matches nothing`, instead: null }
    : null;
}
