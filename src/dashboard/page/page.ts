/** The page of a person that has signed in: its head, its views, and the numbers that all views share. */

import type { OverviewAnswer, SessionAnswer } from "../api.ts";
import { fill, h, setAttributes, setText } from "./parts/dom.ts";
import { History } from "./parts/history.ts";
import { Poller } from "./parts/poller.ts";
import { ask, Refused, tell, Unreachable } from "./parts/server.ts";
import { currentTheme, onThemeChange, toggleTheme } from "./parts/theme.ts";
import { type PageOwner, type View, viewAddress } from "./parts/view.ts";
import { ClientView } from "./views/client-view.ts";
import { ClientsView } from "./views/clients-view.ts";
import { EventsView } from "./views/events-view.ts";
import { LimitsView } from "./views/limits-view.ts";
import { OverviewView } from "./views/overview-view.ts";
import { RoomsView } from "./views/rooms-view.ts";
import { ServersView } from "./views/servers-view.ts";

/** How often the numbers of all processes are asked for, in ms. */
const interval = 2000;
/** How long a message is shown, in ms. */
const messageTime = 5000;

const views: Readonly<Record<string, (owner: PageOwner, query: URLSearchParams) => View>> = {
  overview: () => new OverviewView(),
  servers: () => new ServersView(),
  rooms: (owner) => new RoomsView(owner),
  events: (owner) => new EventsView(owner),
  clients: (owner, query) => new ClientsView(owner, query),
  limits: () => new LimitsView(),
  client: (owner, query) => new ClientView(owner, query),
};

/** The links of the menu. */
const menu = [
  ["overview", "Overview"],
  ["servers", "Servers"],
  ["rooms", "Rooms"],
  ["events", "Events"],
  ["clients", "Clients"],
  ["limits", "Limits"],
] as const;

/** See the head of this file. */
export class Page implements PageOwner {
  readonly session: SessionAnswer;
  readonly visibility = document;
  readonly root: HTMLElement;
  readonly #onSignedOut: (message: string, hasForm: boolean) => void;
  readonly #history = new History();
  readonly #poller: Poller;
  readonly #links = new Map<string, HTMLElement>();
  readonly #main = h("main", { id: "main", tabindex: -1 });
  readonly #fault = h("p.fault", { role: "alert", hidden: true });
  readonly #message = h("p.message", { role: "status" });
  readonly #spoken = h("p.only-read", { role: "status" });
  #view: View | null = null;
  #overview: OverviewAnswer | null = null;
  #messageTimer = 0;

  /**
   * @param session - the person that has signed in, with the rights
   * @param onSignedOut - the sign-in has ended
   */
  constructor(session: SessionAnswer, onSignedOut: (message: string, hasForm: boolean) => void) {
    this.session = session;
    this.#onSignedOut = onSignedOut;
    this.#poller = new Poller((signal) => this.#load(signal), interval, this);
    for (const [name, title] of menu) this.#links.set(name, h("a", { href: viewAddress(name) }, title));
    this.root = h(
      "div.page",
      {},
      h(
        "a.skip",
        { href: "#main", onclick: (event: MouseEvent) => this.#skip(event) },
        "Skip to the content",
      ),
      h(
        "header",
        {},
        h("a.brand", { href: viewAddress("overview") }, "Roomcast"),
        h("nav", { "aria-label": "Views" }, ...this.#links.values()),
        h(
          "div.tools",
          {},
          session.readonly ? h("span.badge", {}, "read-only") : null,
          this.#themeButton(),
          this.#signOutButton(),
        ),
      ),
      this.#fault,
      this.#main,
      this.#message,
      this.#spoken,
    );
  }

  /** Begins. */
  start(): void {
    addEventListener("hashchange", this.#onAddress);
    this.#onAddress();
    this.#poller.start();
  }

  /** Ends. */
  stop(): void {
    removeEventListener("hashchange", this.#onAddress);
    this.#poller.stop();
    this.#view?.stop();
    this.#view = null;
  }

  onFine(): void {
    setAttributes(this.#fault, { hidden: true });
  }

  onFault(error: unknown): void {
    if (error instanceof Refused && error.status === 401) {
      this.stop();
      this.#onSignedOut("Signed out. Sign in again.", error.hasForm);
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof Unreachable) {
      setAttributes(this.#fault, { hidden: false });
      setText(this.#fault, `${text} What you see may be old. Trying again.`);
    } else {
      this.say(text);
    }
  }

  say(text: string): void {
    setText(this.#message, text);
    clearTimeout(this.#messageTimer);
    this.#messageTimer = window.setTimeout(() => setText(this.#message, ""), messageTime);
  }

  announce(text: string): void {
    setText(this.#spoken, text);
  }

  go(address: string): void {
    location.hash = address;
  }

  readonly #onAddress = () => {
    const [, name = "", query = ""] = /^#\/(\w*)\??(.*)$/.exec(location.hash) ?? [];
    const make = (Object.hasOwn(views, name) ? views[name] : undefined) ?? views.overview;
    const isFirst = this.#view === null;
    this.#view?.stop();
    const view = make?.(this, new URLSearchParams(query)) ?? new OverviewView();
    this.#view = view;
    document.title = `${view.title} – Roomcast`;
    const current = name === "client" ? "clients" : Object.hasOwn(views, name) ? name : "overview";
    for (const [each, link] of this.#links)
      setAttributes(link, { "aria-current": each === current ? "page" : null });
    this.#links.get(current)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    fill(this.#main, view.root);
    view.start();
    if (this.#overview !== null) view.onOverview?.(this.#overview, this.#history);
    scrollTo(0, 0);
    // As after the load of another document, reading goes on at the top of the new view.
    if (!isFirst) this.#main.focus({ preventScroll: true });
  };

  async #load(signal: AbortSignal): Promise<void> {
    const overview = await ask<OverviewAnswer>("overview", {}, signal);
    this.#overview = overview;
    this.#history.add(overview, Date.now() / 1000);
    this.#view?.onOverview?.(overview, this.#history);
  }

  /** The address after the sign of numbers is that of the view, and must stay. */
  #skip(event: MouseEvent): void {
    event.preventDefault();
    this.#main.focus();
  }

  #themeButton(): HTMLElement {
    const label = () => `Use the ${currentTheme() === "dark" ? "light" : "dark"} theme`;
    const button = h(
      "button.quiet",
      { type: "button", "aria-label": label(), title: label(), onclick: toggleTheme },
      "◐",
    );
    onThemeChange(() => setAttributes(button, { "aria-label": label(), title: label() }));
    return button;
  }

  #signOutButton(): HTMLElement | null {
    const { user } = this.session;
    if (user === null) return null;
    const signOut = async () => {
      await tell("sign-out", {}).catch(() => {});
      this.stop();
      this.#onSignedOut("", true);
    };
    return h("button.quiet", { type: "button", title: `Signed in as ${user}`, onclick: signOut }, "Sign out");
  }
}
