import type { Span } from '../text/source.ts';
import type { TaskSection } from '../task/model.ts';

/** A `SKILL.md` or `*.skill.md` file as read. Missing parts are `null`. */
export interface Skill {
  readonly file: string;
  readonly frontMatter: Readonly<Record<string, unknown>>;
  readonly frontMatterSpan: Span | null;
  readonly title: string | null;
  readonly sections: readonly TaskSection[];
  readonly goal: TaskSection | null;
  readonly allowed: TaskSection | null;
  readonly requiredOutput: TaskSection | null;
  readonly stopConditions: TaskSection | null;
  readonly finalReply: TaskSection | null;
}
