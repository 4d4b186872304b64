/** The admin interfaces of several processes, as each other's peers, without a message queue. */

import type { AdminPeers, PeerAnswer } from "../../src/admin/admin-peers.ts";

/** Processes that hear each other. */
export class PeerNetwork {
  readonly #nodes = new Map<string, Map<string, PeerAnswer>>();
  /** All messages, as what the message queue would carry. */
  readonly messages: string[] = [];

  /** One more process. */
  join(node: string): AdminPeers {
    const handlers = new Map<string, PeerAnswer>();
    this.#nodes.set(node, handlers);
    const send = (event: string, values: readonly unknown[]) => {
      this.messages.push(JSON.stringify([event, ...values]));
      const others = [...this.#nodes].filter(([name]) => name !== node);
      return Promise.all(others.map(async ([, each]) => (await each.get(event)?.(...values)) ?? []));
    };
    return {
      node,
      answer: (event, handler) => void handlers.set(event, handler),
      tell: (event, values) => void send(event, values),
      async ask(event, values, _timeout, onAnswer) {
        for (const answer of await send(event, values)) if (onAnswer(answer)) return;
      },
    };
  }

  /** A process is gone. */
  kill(node: string): void {
    this.#nodes.delete(node);
  }
}
