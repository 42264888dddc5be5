/** One changed file with both its texts; `null` where it is not there, or is no text. */
export interface ChangedText {
  readonly path: string;
  /** Its path before, for a rename. */
  readonly from: string;
  readonly before: string | null;
  readonly after: string | null;
}
