import type { Span } from '../../text/source.ts';

/** Words of a text that made a rule fire, with the place they stand at. */
export interface Words {
  readonly words: string;
  readonly span: Span;
}

/** Praise that nobody could observe by itself. */
const improvement =
  /(?<![\p{L}\p{N}_-])(?:improv(?:e|es|ed|ing|ements?)|enhanc(?:e|es|ed|ing|ements?)|better|more (?:robust|reliable|maintainable|flexible|scalable|modern|stable|usable|intuitive|efficient|readable)|robust(?:ness)?|seamless(?:ly)?|moderni[sz](?:e|es|ed|ing|ation)|streamlin(?:e|es|ed|ing)|optimi[sz](?:e|es|ed|ing|ation)|overhaul|revamp|polish(?:ed)?|clean(?:er)? (?:code|architecture|codebase)|user[- ]friendly|state[- ]of[- ]the[- ]art|world[- ]class|high[- ]quality|future[- ]proof|maintainab(?:le|ility)|easier|nicer|smoother)(?![\p{L}\p{N}_-])/iu;

/** What can be named, counted or seen; a single one makes an outcome observable enough to leave it alone. */
const concrete = [
  /`[^`]+`/,
  /\d/,
  /https?:\/\//,
  /(?:^|\s)[\w.-]+\/[\w./*-]+/,
  /["“„«][^"”“»]+["”»]/,
  /\b[A-Z]{2,}\b/,
  // Somebody who is better off.
  /(?<![\p{L}])(?:users?|customers?|clients?|visitors?|members?|admins?|administrators?|operators?|developers?|engineers?|teams?|agents?|people|person|persons|anyone|anybody|someone|somebody|everyone|nobody|no one|staff|clerks?|managers?|reviewers?|maintainers?|authors?|editors?|readers?|sellers?|buyers?|shoppers?|shops?|guests?|callers?|students?|teachers?|patients?|doctors?|nurses?|drivers?|partners?|subscribers?|employees?|owners?|support|sales|finance|accountants?|auditors?|contributors?|newcomers?|we|they|he|she|you|i)(?![\p{L}])/iu,
  // Something that can be seen to happen.
  /\b(?:can|cannot|shows|shown|displays|prints|returns|responds|answers|sends|sent|receives|rejects|refuses|accepts|lists|opens|creates|deletes|removes|exports|imports|logs|logged|saves|saved|stores|stored|loads|downloads|uploads|appears|contains|includes|fails|stops|starts|runs|passes|never|always|every|each|no longer|must|shall|survives|renders|writes|reads|finds|only|until|when|without)\b/i,
];

/**
 * The first word of praise in an outcome that says nothing else: no person, command, number, file or behaviour. `null`
 * for every other text, whatever its language.
 */
export function vagueOutcome(text: string, start: number): Words | null {
  const prose = maskComments(text);
  if (concrete.some((pattern) => pattern.test(withoutHeadings(prose)))) return null;
  return first(prose, start, improvement);
}

/** Ends a list without an end, or stands for a list that nobody wrote. */
const openEnded =
  /(?<![\p{L}\p{N}_-])(?:etc\b\.?|and so (?:on|forth)|and (?:much )?more(?=[.;,]?\s*$)|as needed|as necessary|as appropriate|wherever (?:needed|necessary|appropriate)|(?:anything|everything) else(?=[.;,]?\s*$)|whatever is needed|(?:other|various|misc(?:ellaneous)?\.?|general|some|related|any other|all related|several) (?:stuff|things|changes|improvements|fixes|clean-?ups?|tweaks|updates|refactorings?|code|bugs?|work)|stuff)(?![\p{L}\p{N}_-])/iu;
/** A whole item of nothing but words that fit every project. */
const generic =
  /^(?:(?:the|all|some|any|more|general|code|bug|minor|small|various|overall|further|other|and|,|&|\/)\s*|(?:improvements?|clean-?ups?|refactoring|fixes|bugfixes|polish(?:ing)?|quality|everything|anything|changes|updates|work|tasks|things|codebase|application|app|system|project)\s*)+[.!]?$/i;

/** What in a scope item leaves open what it covers; `null` when it names a place or a behaviour. */
export function vagueScopeItem(text: string, start: number): Words | null {
  // In brackets stand examples of what the item itself names.
  const open = first(maskCode(text).replace(/\([^()\n]*\)/g, blank), start, openEnded);
  if (open) return open;
  const bare = text.trim();
  // Short, because alternatives that fit in two ways would cost a long item dearly.
  if (bare.length > 60 || !generic.test(bare) || !/[a-z]{4}/i.test(bare)) return null;
  // `Fixes` and `the application` are no place; "code" alone may be the name of a directory.
  if (
    !/improve|clean-?up|refactor|fix|polish|quality|everything|anything|changes|updates|work|things|codebase|application|app|system|project/i.test(
      bare,
    )
  )
    return null;
  const at = text.indexOf(bare);
  return { words: bare, span: { start: start + at, end: start + at + bare.length } };
}

/** Judgements where something that can be checked belongs. */
const judgement =
  /(?<![\p{L}\p{N}_-])(?:(?:everything|it|all|this|that|the (?:app|application|system|feature|code|product|site|ui)|things?)?\s*(?:works?|working|behaves?|functions?|runs?|performs?)\s+(?:well|fine|great|good|correctly|properly|as (?:expected|intended|desired|it should)|smoothly|perfectly|nicely|reliably|without (?:issues|problems))|everything works|it works|(?:is|are|looks?|feels?|seems?)\s+(?:very |really |quite )?(?:good|fine|great|nice|clean|robust|solid|intuitive|user[- ]friendly|easy to use|high[- ]quality|stable|performant|polished|satisfactory|acceptable|elegant|maintainable|readable|happy|satisfied)|(?:good|high|better|improved) (?:code )?quality|no (?:major |known |obvious |more )?(?:issues|problems)|well[- ](?:tested|documented|designed|structured|written)|good (?:test )?coverage|clean code)(?![\p{L}\p{N}_-])/iu;

/** Something in an item of evidence that one person would check as another does. */
const checkable =
  /`[^`]+`|\d|https?:\/\/|["“„][^"”]+["”]|\b(?:tests?|suite|pipeline|ci|build|lint(?:er)?|screenshot|recording|log|report|diff|benchmark|exit code|status code|shows?|returns?|rejects?|lists?|prints?|displays?|cannot|can|answers?|finds?|sees?|contains?|compares?|review(?:ed|er)?|sign(?:s|ed)[- ]off|demo|measured|same|after|before|when|for (?:each|every)|every|each)\b/i;

/** The judgement an item of evidence consists of; `null` when a command or a person could check it. */
export function vagueEvidence(text: string, start: number): Words | null {
  const found = first(maskCode(text), start, judgement);
  if (!found || text.trim().split(/\s+/).length > 14) return null;
  // The judgement's own words are no check: "works when needed" is.
  const around = text.slice(0, found.span.start - start) + text.slice(found.span.end - start);
  return checkable.test(around) ? null : found;
}

/** Words that mean a number without giving it. Terms in which they mean something else are taken out first. */
const limitWords =
  /(?<![\p{L}\p{N}_/.-])(?:fast(?:er)?|quick(?:ly|er)|soon|as soon as possible|promptly|scalab(?:le|ly|ility)|scales? well|performant|(?:is|are|be|stays?|remains?|feels?|very|highly) responsive|securely|(?:is|are|be|being|stays?|remains?|more|very|fully|highly) secure|many|large|huge|lots of|a lot of|low[- ]latency|high[- ]throughput|high[- ]availability|highly available|real[- ]time|near[- ]real[- ]time|reasonabl[ey]|acceptable|acceptably|sufficient(?:ly)?|efficient(?:ly)?|lightweight|timely|in time|heavy load|high load|short time|good performance)(?![\p{L}\p{N}_/-])/giu;
const otherMeaning =
  /\b(?:how|as|so|too|that|not|one-to|to) (?:many|large|fast|soon(?! as possible)|quickly)\b|\bmany[- ]to\b|\bfail(?:s|ed|ing)?[- ]fast\b|\bfast[- ](?:forward|path|track|fail)\b|\blarge language\b|\bmany of\b|\bno sooner\b|\bsoon(?:er)? or later\b/gi;
const number =
  /\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|hundred|thousand|million|half|double|twice|zero)\b/i;

/** Words for a limit in sentences that give none. */
export function vagueLimits(text: string, start: number): Words[] {
  const found: Words[] = [];
  const masked = maskCode(maskComments(text)).replace(otherMeaning, blank);
  for (const sentence of sentences(masked)) {
    if (number.test(text.slice(sentence.start, sentence.end))) continue;
    const [match] = masked.slice(sentence.start, sentence.end).matchAll(limitWords);
    if (!match) continue;
    const at = start + sentence.start + match.index;
    found.push({ words: match[0], span: { start: at, end: at + match[0].length } });
  }
  return found;
}

/** Sentences and list items; a limit given in one of them says nothing about the next. */
function sentences(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const match of text.matchAll(/[.!?](?=\s)|\r?\n(?=[ \t]*(?:[-*+•]|\d+[.)]|\r?\n|#|\|))/g)) {
    const end = match.index + match[0].length;
    spans.push({ start: from, end });
    from = end;
  }
  spans.push({ start: from, end: text.length });
  return spans.filter((span) => text.slice(span.start, span.end).trim() !== '');
}

/** What is sensitive, as people call it in a spec, by the method's third stop condition. */
const sensitive: readonly { readonly what: string; readonly words: RegExp }[] = [
  {
    what: 'secrets',
    words:
      /(?<![\p{L}\p{N}_-])(?:secrets?(?! santa)|credentials?|passwords?|passphrases?|private keys?|(?:api|access|signing|encryption)[- ]keys?|(?:api|access|refresh|bearer|session)[- ]tokens?)(?![\p{L}\p{N}_])/iu,
  },
  {
    what: 'auth',
    words:
      /(?<![\p{L}\p{N}_/-])(?:authenticat(?:e|es|ed|ion|ing)|authori[sz]ation|oauth2?|oidc|saml|single sign-on|sso|log[- ]?ins?|logins?|sign[- ]?ins?|auth|two[- ]factor|2fa|mfa|permissions? checks?|access control)(?![\p{L}\p{N}_/])/iu,
  },
  {
    what: 'production data',
    words:
      /(?<![\p{L}\p{N}_-])(?:(?:production|prod) (?:data(?:base)?|db|records|tables?)|(?:personal|patient) (?:data|records)|pii|personally identifiable)(?![\p{L}\p{N}_])/iu,
  },
];

/** What of a text is sensitive; a mention that rules it out ("no login", "without passwords") is none. */
export function sensitiveWords(text: string, start: number): (Words & { readonly what: string }) | null {
  const prose = maskCode(maskComments(text));
  for (const { what, words } of sensitive) {
    for (const match of prose.matchAll(new RegExp(words.source, `${words.flags}g`))) {
      const before = prose.slice(Math.max(0, match.index - 40), match.index);
      if (
        /\b(?:no|not|never|without|except|excluding|instead of|other than|independent of|nor)\b[^.;:]*$/i.test(before)
      )
        continue;
      const at = start + match.index;
      return { what, words: match[0], span: { start: at, end: at + match[0].length } };
    }
  }
  return null;
}

/** Whether a stop rule speaks of what is sensitive. */
export function guardsSensitive(text: string): boolean {
  return /secret|credential|password|auth|login|production|sensitive|personal data|real (?:data|customers?|users?)|\bkeys?\b|tokens?/i.test(
    text,
  );
}

function first(text: string, start: number, pattern: RegExp): Words | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const words = match[0].trim();
  const at = start + match.index + match[0].indexOf(words);
  return { words, span: { start: at, end: at + words.length } };
}

/** Comments and code as blanks of the same length, so that places stay what they are. */
function maskComments(text: string): string {
  return text.replace(/<!--[^]*?(?:-->|$)/g, blank).replace(/^([`~]{3,})[^]*?^\1[`~]*[ \t]*$/gm, blank);
}

function maskCode(text: string): string {
  return text.replace(/`[^`\n]*`/g, blank);
}

function withoutHeadings(text: string): string {
  return text.replace(/^[ \t]*#{1,6}[ \t].*$/gm, blank);
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}
