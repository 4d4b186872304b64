/** What an examination finds: what was seen, what it means, and the lines that mend it. */

/** How bad a finding is. */
export type Verdict = "ok" | "note" | "warning" | "fault";

/** One finding. Codes never change, so that programs may look for them. */
export interface Finding {
  readonly code: string;
  readonly verdict: Verdict;
  /** The part that was looked at, such as `WebSocket`. */
  readonly part: string;
  readonly saw: string;
  readonly means?: string;
  /** Lines of a configuration or of code. */
  readonly mend?: readonly string[];
}

/** The words of a finding that is more than fine. */
export interface FindingWords {
  readonly saw: string;
  readonly means: string;
  readonly mend?: readonly string[];
}

/** Something is as it should be. */
export function fine(part: string, code: string, saw: string): Finding {
  return { code, verdict: "ok", part, saw };
}

/** Something that is worth knowing. */
export function remark(
  part: string,
  code: string,
  words: { saw: string; means?: string; mend?: readonly string[] },
): Finding {
  return { code, verdict: "note", part, ...words };
}

/** Something that will hurt some clients, or later. */
export function warning(part: string, code: string, words: FindingWords): Finding {
  return { code, verdict: "warning", part, ...words };
}

/** Something that keeps clients away. */
export function fault(part: string, code: string, words: FindingWords): Finding {
  return { code, verdict: "fault", part, ...words };
}
