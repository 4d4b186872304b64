/** What was said: the latest messages of each room. */

import type { Message } from "../contract.ts";
import type { Room } from "../rooms.ts";
import type { FileMap } from "./file-map.ts";

/** How many messages of a room are kept. */
const limit = 200;

export class History {
  readonly #messages: FileMap<Message>;
  #lastNumber: number;

  constructor(messages: FileMap<Message>) {
    this.#messages = messages;
    this.#lastNumber = messages.values().at(-1)?.number ?? 0;
  }

  find(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  latest(room: Room): Message[] {
    return this.#messages.values().filter((message) => message.room === room);
  }

  add(given: Omit<Message, "number">): Message {
    const message = { ...given, number: ++this.#lastNumber };
    this.#messages.set(message.id, message);
    for (const { id } of this.latest(message.room).slice(0, -limit)) this.#messages.delete(id);
    return message;
  }
}
