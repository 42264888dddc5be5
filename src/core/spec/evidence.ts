import { codeSpans, commandsIn } from '../text/mentions.ts';
import { oneLine } from '../text/printing.ts';
import type { Spec } from './model.ts';

/** One thing that a spec says proves its outcome. */
export interface EvidenceItem {
  /** On one line, as written. */
  readonly text: string;
  /** What it says passes. Empty: no command shows it by itself. */
  readonly commands: readonly string[];
  /** Why nothing of it can be run; `null` where something can. */
  readonly whyNot: string | null;
}

/** What a command is said to come to where that is not that it passes. */
const otherEnding =
  /\b(?:fails?|failing|rejects?|refuses?|denie[sd]|aborts?|non-?zero|not found|exit(?:s|ed)?(?: with)?(?: code| status)? [1-9]\d*|(?:returns?|answers?|gives?|prints?|shows?)(?: with)? [1-5]\d\d)\b/i;
const noFailure = /\b(?:no|without|zero|0) (?:fail\w*|errors?|findings?|warnings?)\b|\bnever fails?\b/gi;
/** Commands that go on until somebody ends them. */
const serves =
  /(?:^|\s)(?:start|dev|serve|server|watch|preview|runserver|up|--watch|-w)(?:\s|$)|^(?:vite|nodemon)(?:\s|$)/;

/**
 * The evidence that a spec asks for, item by item, with the commands that show it. A command is run where the item says
 * that it passes; whether anything else is so is for a person to see.
 */
export function evidenceOf(spec: Pick<Spec, 'answers'>): readonly EvidenceItem[] {
  const section = spec.answers.evidence;
  if (!section) return [];
  const paragraphs = section.text.split(/\n\s*\n/).filter((text) => text.trim() !== '');
  const texts = section.items.length > 0 ? section.items.map(({ text }) => text) : paragraphs;
  return texts.map((text): EvidenceItem => {
    const named = commandsIn(text);
    const said = codeSpans(text)
      .reduce((rest, span) => rest.replace(span, ' '), text)
      .replaceAll(noFailure, ' ');
    const commands = named.filter((command) => !serves.test(command));
    const item = (whyNot: string | null): EvidenceItem => ({
      text: oneLine(text),
      commands: whyNot === null ? commands : [],
      whyNot,
    });
    if (named.length === 0) return item('it names no command');
    if (commands.length === 0) return item('its command does not end by itself');
    return item(otherEnding.test(said) ? 'it does not say that its command passes' : null);
  });
}
