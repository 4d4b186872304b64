/** What the parts of the page have in common. */

import type { OverviewAnswer, SessionAnswer } from "../../api.ts";
import type { History } from "./history.ts";
import type { PollerOwner } from "./poller.ts";

/** One view of the page. */
export interface View {
  /** For the title of the page. */
  readonly title: string;
  readonly root: HTMLElement;
  /** It is shown: begins to ask for data. */
  start(): void;
  /** It is shown no longer. */
  stop(): void;
  /** New numbers of all processes have come. */
  onOverview?(overview: OverviewAnswer, history: History): void;
}

/** What views need of the page. */
export interface PageOwner extends PollerOwner {
  readonly session: SessionAnswer;
  /** Says something for a moment, also to screen readers. */
  say(text: string): void;
  /** Says something to screen readers alone. */
  announce(text: string): void;
  /** Goes to another view. */
  go(address: string): void;
}

/** The address of a view, for links. */
export function viewAddress(view: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `#/${view}${text === "" ? "" : `?${text}`}`;
}
