/** Draws `top` over the whole terminal, and takes keys. The terminal is as before when it ends. */

import { emitKeypressEvents, type Key } from "node:readline";
import type { Terminal } from "../terminal.ts";
import { type TopChoice, type TopSurroundings, topScreen } from "./top-page.ts";
import type { TopReading } from "./top-reading.ts";
import { neighbourOrder, type TopTableName } from "./top-table.ts";

/** What a screen tells. */
export interface TopScreenOwner {
  readonly surroundings: Omit<TopSurroundings, "fault">;
  /** A person pauses, or goes on. */
  paused(isPaused: boolean): void;
  /** A person ends it. */
  quit(): void;
}

/** To the other screen of the terminal and back, and the cursor away and back. */
const enter = "\x1b[?1049h\x1b[?25l";
const leave = "\x1b[?25h\x1b[?1049l";
/** How far the keys for pages scroll, in rows. */
const page = 10;

const viewOfKey: Readonly<Record<string, TopTableName | "all">> = {
  "0": "all",
  "1": "servers",
  "2": "namespaces",
  "3": "events",
  "4": "clients",
};

/** See the head of this file. */
export class TopScreen {
  readonly #terminal: Terminal;
  readonly #owner: TopScreenOwner;
  #choice: TopChoice;
  #reading: TopReading | null = null;
  #fault: string | null = null;

  constructor(terminal: Terminal, choice: TopChoice, owner: TopScreenOwner) {
    this.#terminal = terminal;
    this.#choice = choice;
    this.#owner = owner;
  }

  /** Takes the terminal. */
  open(): void {
    const { input, output } = this.#terminal;
    output.write(enter);
    emitKeypressEvents(input);
    input.setRawMode?.(true);
    input.on("keypress", this.#onKey);
    input.resume();
    output.on("resize", this.#draw);
    this.#draw();
  }

  /** Gives the terminal back. */
  close(): void {
    const { input, output } = this.#terminal;
    output.off("resize", this.#draw);
    input.off("keypress", this.#onKey);
    input.setRawMode?.(false);
    input.pause();
    output.write(leave);
  }

  /** Shows a reading. */
  show(reading: TopReading): void {
    this.#reading = reading;
    this.#fault = null;
    this.#draw();
  }

  /** Says why there is no newer reading. */
  tell(fault: string): void {
    this.#fault = fault;
    this.#draw();
  }

  readonly #draw = () => {
    const { output } = this.#terminal;
    const size = { columns: output.columns ?? 80, rows: output.rows ?? 24 };
    const surroundings = { ...this.#owner.surroundings, fault: this.#fault };
    const lines = topScreen(this.#reading, this.#choice, { surroundings, size });
    output.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  };

  readonly #onKey = (text: string | undefined, key: Key) => {
    if (
      text === "q" ||
      key.name === "escape" ||
      (key.ctrl === true && (key.name === "c" || key.name === "d"))
    ) {
      this.#owner.quit();
      return;
    }
    const view = viewOfKey[text ?? ""];
    if (view !== undefined) this.#choose({ view, offset: 0 });
    else if (text === " ") this.#pause();
    else if (text === "r") this.#sort((order) => ({ ...order, descending: !order.descending }));
    else if (key.name === "right" || text === ">")
      this.#sort((order, name) => neighbourOrder(name, order, 1));
    else if (key.name === "left" || text === "<")
      this.#sort((order, name) => neighbourOrder(name, order, -1));
    else if (key.name === "down") this.#scroll(1);
    else if (key.name === "up") this.#scroll(-1);
    else if (key.name === "pagedown") this.#scroll(page);
    else if (key.name === "pageup") this.#scroll(-page);
  };

  #pause(): void {
    const isPaused = !this.#choice.isPaused;
    this.#choose({ isPaused });
    this.#owner.paused(isPaused);
  }

  /** With all tables on the screen, the keys are for the events. */
  #sort(change: (order: TopChoice["orders"][TopTableName], name: TopTableName) => typeof order): void {
    const name = this.#choice.view === "all" ? "events" : this.#choice.view;
    const { orders } = this.#choice;
    this.#choose({ orders: { ...orders, [name]: change(orders[name], name) } });
  }

  #scroll(rows: number): void {
    const { view, offset } = this.#choice;
    if (view === "all" || this.#reading === null) return;
    const { servers, namespaces, events, slow } = this.#reading;
    const lengths = { servers, namespaces, events, clients: slow };
    const last = Math.max(0, lengths[view].length - 1);
    this.#choose({ offset: Math.min(last, Math.max(0, offset + rows)) });
  }

  #choose(change: Partial<TopChoice>): void {
    this.#choice = { ...this.#choice, ...change };
    this.#draw();
  }
}
