/** What happens to one client, as it happens. */

import type { ClientName, TailEntry, TailPart } from "../../api.ts";
import { h, setAttributes, setText } from "../parts/dom.ts";
import { timeOfDay } from "../parts/numbers.ts";
import { Poller } from "../parts/poller.ts";
import { ask } from "../parts/server.ts";
import type { PageOwner } from "../parts/view.ts";

/** The most entries that are shown. */
const maxShown = 300;
/** The pause between an answer and the next request, in ms: the server waits for something to happen. */
const pause = 50;
/** The pause where the server does not wait, since the client is gone, in ms. */
const quietPause = 5000;

const marks: Readonly<Record<TailEntry["kind"], readonly [mark: string, words: string]>> = {
  in: ["→", "received"],
  out: ["←", "sent"],
  "room joined": ["+", "joined room"],
  "room left": ["−", "left room"],
  disconnect: ["×", "left"],
};

/** See the head of this file. */
export class TailPanel {
  readonly root: HTMLElement;
  readonly #name: ClientName;
  readonly #list = h("ol.tail", { tabindex: 0, "aria-label": "Events of this client, the latest one first" });
  readonly #state = h("p.muted", {}, "Waits for the next event.");
  readonly #button: HTMLButtonElement;
  readonly #showsPayloads: boolean;
  readonly #poller: Poller;
  #after = 0;
  #isPaused = false;

  /**
   * @param name - the client
   * @param owner - the page
   */
  constructor(name: ClientName, owner: PageOwner) {
    this.#name = name;
    this.#showsPayloads = owner.session.payloads;
    this.#poller = new Poller((signal) => this.#load(signal), pause, owner);
    this.#button = h(
      "button",
      { type: "button", "aria-pressed": "false", onclick: () => this.#toggle() },
      "Pause",
    );
    this.root = h(
      "section.live",
      { "aria-label": "Live events" },
      h("div.head", {}, h("h2", {}, "Live"), this.#button),
      this.#showsPayloads
        ? null
        : h("p.muted", {}, "What events hold is hidden: the option payloads is off."),
      this.#state,
      this.#list,
    );
  }

  start(): void {
    if (!this.#isPaused) this.#poller.start();
  }

  stop(): void {
    this.#poller.stop();
  }

  #toggle(): void {
    this.#isPaused = !this.#isPaused;
    // What came before is not asked for later: the server keeps little.
    this.#after = 0;
    setAttributes(this.#button, { "aria-pressed": this.#isPaused });
    setText(this.#button, this.#isPaused ? "Continue" : "Pause");
    if (this.#isPaused) this.#poller.stop();
    else this.#poller.start();
  }

  async #load(signal: AbortSignal): Promise<void> {
    const part = await ask<TailPart | null>("tail", { ...this.#name, after: this.#after }, signal);
    if (part === null || part.ended) {
      if (part !== null) this.#add(part.entries);
      // It may come back, to this process or another one, where numbers begin again.
      this.#after = part?.next ?? 0;
      setText(this.#state, "The client has left.");
      setAttributes(this.#state, { hidden: false });
      await new Promise((resolve) => setTimeout(resolve, quietPause));
      return;
    }
    if (part.lost > 0) this.#note(`${part.lost} events came too fast to be shown.`);
    this.#after = part.next;
    this.#add(part.entries);
  }

  #add(entries: readonly TailEntry[]): void {
    if (entries.length === 0) return;
    setAttributes(this.#state, { hidden: true });
    for (const entry of entries) this.#list.prepend(entryElement(entry));
    while (this.#list.childElementCount > maxShown) this.#list.lastElementChild?.remove();
  }

  #note(text: string): void {
    this.#list.prepend(h("li.note", {}, text));
  }
}

function entryElement({ kind, time, name, payload, to }: TailEntry): HTMLElement {
  // During an update, another process may know more kinds than this page.
  const [mark, words] = marks[kind] ?? ["•", kind];
  return h(
    `li.${kind.split(" ")[0] ?? "in"}`,
    {},
    h("time", {}, timeOfDay(time)),
    h("span.mark", { "aria-hidden": "true" }, mark),
    h("span.only-read", {}, `${words} `),
    h("strong", {}, name),
    to === null ? null : h("span.muted", {}, ` to ${to}`),
    payload === null || payload === "" ? null : h("code", {}, payload),
  );
}
