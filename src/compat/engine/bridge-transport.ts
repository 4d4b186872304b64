/** The transport of a connection, as programs of socket.io know it by `socket.conn.transport`: to be read. */

import type { Connection } from "../../engine/connection.ts";
import { refuseMethods } from "../refusals/refused-names.ts";

/** A transport. */
export class BridgeTransport {
  readonly name: string;
  readonly #core: Connection;

  constructor(core: Connection) {
    this.name = core.transportName;
    this.#core = core;
  }

  /** The id of the connection. */
  get sid(): string {
    return this.#core.id;
  }

  /** The version of Engine.IO. */
  get protocol(): number {
    return this.#core.version;
  }

  /** Whether it takes a packet at the moment. */
  get writable(): boolean {
    return this.#core.isOpen && this.#core.isWritable;
  }

  get readyState(): "open" | "closed" {
    return this.#core.isOpen && this.#core.transportName === this.name ? "open" : "closed";
  }
}

refuseMethods(BridgeTransport.prototype, "Transport");
