/** Which names of a program stand for objects of Socket.IO, by the block in which they are declared. */

import type { ObjectKind } from "./socketio-names.ts";

/** What a name, or an expression, stands for. */
export type NameKind =
  | ObjectKind
  /** The module, or its class: called with `new` or without, it makes a server. */
  | "module"
  | "Server class"
  /** The client's function `io`, and what it returns. */
  | "client module"
  | "client socket"
  /** A list of sockets of any process. */
  | "RemoteSocket list"
  /** Declared, and nothing of Socket.IO. */
  | "other";

/** See the head of this file. */
export class NameScopes {
  readonly #blocks: Map<string, NameKind>[] = [new Map()];

  /** What a name stands for; `undefined` for one that is not declared. */
  find(name: string): NameKind | undefined {
    return this.#blocks.findLast((block) => block.has(name))?.get(name);
  }

  /** Declares a name in the innermost block. */
  declare(name: string, kind: NameKind): void {
    this.#blocks.at(-1)?.set(name, kind);
  }

  /** Runs a function with a further block. */
  within(run: () => void): void {
    this.#blocks.push(new Map());
    run();
    this.#blocks.pop();
  }
}
