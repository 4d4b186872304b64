/** One client: the facts about it, its rooms, what happens to it, and commands for it. */

import type { ClientDetails, Command, FoundClient } from "../../api.ts";
import { fill, h, setAttributes } from "../parts/dom.ts";
import { bytes, duration, timeOfDay, unknown } from "../parts/numbers.ts";
import { Poller } from "../parts/poller.ts";
import { ask, tell } from "../parts/server.ts";
import { type PageOwner, type View, viewAddress } from "../parts/view.ts";
import { commandForms } from "./command-forms.ts";
import { TailPanel } from "./tail-panel.ts";

/** How often the facts are asked for again, in ms. */
const interval = 3000;

/** See the head of this file. */
export class ClientView implements View {
  readonly title = "Client";
  readonly root: HTMLElement;
  readonly #owner: PageOwner;
  readonly #name: { readonly namespace: string; readonly sid: string };
  readonly #poller: Poller;
  readonly #facts = h("dl.facts");
  readonly #headers = h("dl.facts.small");
  readonly #rooms = h("ul.rooms");
  readonly #public = h("pre");
  readonly #gone = h("p.problem", { hidden: true, role: "status" }, "The client has left.");
  readonly #commands: HTMLElement;
  readonly #tail: TailPanel;
  #shown = "";

  /**
   * @param owner - the page
   * @param query - `namespace` and `sid`
   */
  constructor(owner: PageOwner, query: URLSearchParams) {
    this.#owner = owner;
    const namespace = query.get("namespace") ?? "/";
    const sid = query.get("sid") ?? "";
    this.#name = { namespace, sid };
    this.#poller = new Poller((signal) => this.#load(signal), interval, owner);
    this.#tail = new TailPanel(this.#name, owner);
    this.#commands = owner.session.readonly
      ? h("p.muted", {}, "The dashboard is read-only, so there are no commands.")
      : commandForms((command) => this.#command({ ...command, ...this.#name } as Command));
    this.root = h(
      "div",
      {},
      h("p.back", {}, h("a", { href: viewAddress("clients") }, "Clients")),
      h("h1.id", {}, sid),
      this.#gone,
      h(
        "div.client",
        {},
        h(
          "div",
          {},
          h("section", {}, h("h2", {}, "Facts"), this.#facts),
          h("section", {}, h("h2", {}, "Rooms"), this.#rooms),
          h("section", {}, h("h2", {}, "Public data"), this.#public),
          h("section", {}, h("h2", {}, "Commands"), this.#commands),
          h("details", {}, h("summary", {}, "Header fields of the handshake"), this.#headers),
        ),
        this.#tail.root,
      ),
    );
  }

  start(): void {
    this.#poller.start();
    this.#tail.start();
  }

  stop(): void {
    this.#poller.stop();
    this.#tail.stop();
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { client } = await ask<FoundClient>("client", this.#name, signal);
    setAttributes(this.#gone, { hidden: client !== null });
    setAttributes(this.#commands, { inert: client === null });
    if (client !== null) this.#show(client);
  }

  #show(client: ClientDetails): void {
    fill(
      this.#facts,
      ...facts(client).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    );
    // What has focus, or is being read, is not drawn again for nothing.
    const rest = JSON.stringify([client.roomNames, client.headers, client.publicData]);
    if (rest === this.#shown) return;
    this.#shown = rest;
    fill(this.#rooms, ...client.roomNames.map((room) => this.#room(client.namespace, room)));
    if (client.roomNames.length === 0) fill(this.#rooms, h("li.muted", {}, "None but its own."));
    const isHidden = !this.#owner.session.payloads;
    fill(this.#public, client.publicData ?? (isHidden ? "Hidden: the option payloads is off." : "None."));
    fill(
      this.#headers,
      ...Object.entries(client.headers).map(([name, value]) =>
        h("div", {}, h("dt", {}, name), h("dd", {}, value)),
      ),
    );
  }

  #room(namespace: string, room: string): HTMLElement {
    const link = h("a", { href: viewAddress("clients", { namespace, room }) }, room);
    if (this.#owner.session.readonly) return h("li", {}, link);
    const leave = () => void this.#command({ type: "leave", room, ...this.#name });
    return h(
      "li",
      {},
      link,
      h("button.quiet", { type: "button", "aria-label": `Take out of ${room}`, onclick: leave }, "×"),
    );
  }

  async #command(command: Command): Promise<boolean> {
    try {
      await tell("command", command);
      this.#owner.say(said[command.type]);
      this.#poller.again();
      return true;
    } catch (error) {
      this.#owner.onFault(error);
      return false;
    }
  }
}

const said: Readonly<Record<Command["type"], string>> = {
  emit: "The event was sent.",
  join: "The client joined the room.",
  leave: "The client left the room.",
  disconnect: "The client was disconnected.",
};

function facts(client: ClientDetails): (readonly [string, string])[] {
  return [
    ["Namespace", client.namespace],
    ["Address", client.address],
    ["Transport", `${client.transport}${client.secure ? ", TLS" : ""}`],
    ["Protocol", client.protocol === 4 ? "Engine.IO 4" : `Engine.IO ${client.protocol} (Socket.IO 2)`],
    [
      "Connected",
      `${timeOfDay(client.since)}, ${duration(Math.max(0, (Date.now() - client.since) / 1000))} ago`,
    ],
    ["Recovered", client.recovered ? "yes" : "no"],
    ["Waiting", bytes(client.buffered)],
    ["Process", client.process],
    ["Request", client.url],
    ["Also in", client.otherNamespaces.join(", ") || unknown],
  ];
}
