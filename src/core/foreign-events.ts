/** Tells listeners of the events that other processes send to clients of this one. */

import type { EncodedEvent } from "../protocol/socket-packet.ts";
import type { Target } from "./model/target.ts";

/** Is told of each event of another process. It must not throw. */
export type ForeignEventListener = (target: Target, event: EncodedEvent) => void;

/** The events of other processes. */
export class ForeignEvents {
  /** `null` while there are none, so that an event costs one comparison. */
  #listeners: Set<ForeignEventListener> | null = null;

  /** Whether there is a listener. */
  get isWatched(): boolean {
    return this.#listeners !== null;
  }

  /** Adds a listener. The returned function removes it. */
  listen(listener: ForeignEventListener): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => {
      this.#listeners?.delete(listener);
      if (this.#listeners?.size === 0) this.#listeners = null;
    };
  }

  /** An event has come, and is about to be sent to clients. */
  tell(target: Target, event: EncodedEvent): void {
    if (this.#listeners === null) return;
    for (const listener of this.#listeners) listener(target, event);
  }
}
