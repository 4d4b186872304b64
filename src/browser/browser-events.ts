/** What a browser says of its page and its network. In programs outside of browsers there is none of it. */

/** The parts of a page that are used here, all of which may be missing. */
interface PageTarget {
  addEventListener?(type: string, listener: (event: { persisted?: boolean }) => void): void;
  removeEventListener?(type: string, listener: (event: { persisted?: boolean }) => void): void;
}

const page = globalThis as unknown as PageTarget & { document?: PageTarget & { hidden: boolean } };
const types = ["online", "pageshow", "resume", "visibilitychange"];

/** Whether the page is hidden: its timers are late, and its user does not look. */
export function isHidden(): boolean {
  return Boolean(page.document?.hidden);
}

/**
 * Calls a function whenever a connection may have ended unnoticed, or may be possible again: the page is
 * shown, comes from the back/forward cache, or is no longer frozen, or the network is back.
 *
 * @returns stops it
 */
export function onWake(wake: () => void): () => void {
  const listener = ({ persisted }: { persisted?: boolean }) => {
    // A page that is shown for the first time is none that woke.
    if (persisted !== false) wake();
  };
  const each = (method: keyof PageTarget) => {
    // Chromium tells of `resume` at the document alone.
    for (const target of [page, page.document]) for (const type of types) target?.[method]?.(type, listener);
  };
  each("addEventListener");
  return () => each("removeEventListener");
}
