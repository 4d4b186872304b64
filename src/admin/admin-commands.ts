/** What administrators do to clients, of this process and of others. */

import { RoomcastError } from "../base/errors.ts";
import { isInstance } from "../base/foreign-value.ts";
import type { Log } from "../base/log/log.ts";
import { quoted } from "../base/printable.ts";
import { args } from "../contract/arguments.ts";
import type { Hub } from "../core/hub.ts";
import { isNamespaceName } from "../core/model/namespace-name.ts";
import { everyoneIn, type Target } from "../core/model/target.ts";

/** What commands need of their process. */
export interface AdminCommandsOwner {
  readonly hub: Hub;
  readonly logger: Log;
}

/** A command that was refused. */
export interface RefusedCommand {
  readonly error: { readonly code: string; readonly message: string };
}

/** The commands of the admin interface. */
export class AdminCommands {
  readonly #owner: AdminCommandsOwner;
  readonly #namespace: string;
  readonly #isReadonly: boolean;

  /**
   * @param owner - this process
   * @param namespace - the interface's own, in which nothing is done
   * @param isReadonly - whether all commands are refused
   */
  constructor(owner: AdminCommandsOwner, namespace: string, isReadonly: boolean) {
    this.#owner = owner;
    this.#namespace = namespace;
    this.#isReadonly = isReadonly;
  }

  /**
   * Carries out a command: `emit(namespace, filter, event, …)`, `join(namespace, room, filter)`,
   * `leave(namespace, room, filter)` or `_disconnect(namespace, close, filter)`. The filter is a room or the
   * sid of a client; without one all clients of the namespace are meant. Never throws.
   *
   * @param by - the administrator, for the log
   * @returns `null` when it was carried out
   */
  run(command: string, values: readonly unknown[], by: string): RefusedCommand | null {
    try {
      if (this.#isReadonly) return refused("ERR_READ_ONLY", "The admin interface is read-only.");
      const text = this.#carryOut(command, values);
      if (text === null) return refused("ERR_COMMAND", "The command or one of its arguments is not known.");
      this.#owner.logger.info(`The administrator ${quoted(by)} ${text}`, {
        type: "admin command",
        username: by,
        command,
      });
      return null;
    } catch (error) {
      if (isInstance(error, RoomcastError)) return refused(error.code, error.message);
      this.#owner.logger.error(`The command ${quoted(command)} of the admin interface failed`, {
        type: "admin failed",
        err: error,
      });
      return refused("ERR_COMMAND", "The command failed: the log of the server says why.");
    }
  }

  /** Says what was done; `null` where it was not understood. */
  #carryOut(command: string, values: readonly unknown[]): string | null {
    const [namespace, second, third, ...others] = values;
    if (!isNamespaceName(namespace) || namespace === this.#namespace) return null;
    const { hub } = this.#owner;
    const filter = command === "emit" ? second : third;
    const target = targetOf(namespace, filter);
    if (target === null) return null;
    const clients = wordsFor(target);
    switch (command) {
      case "emit":
        if (typeof third !== "string") return null;
        hub.broadcaster.emit(target, third, args(...others), {});
        return `sent the event ${quoted(third)} to ${clients}`;
      case "join":
        if (typeof second !== "string") return null;
        this.#watch(hub.operations.join(target, second));
        return `put ${clients} into the room ${quoted(second)}`;
      case "leave":
        if (typeof second !== "string") return null;
        this.#watch(hub.operations.leave(target, second));
        return `took ${clients} out of the room ${quoted(second)}`;
      case "_disconnect":
        this.#watch(hub.operations.disconnect(target, second === true));
        return `disconnected ${clients}`;
      default:
        return null;
    }
  }

  #watch(operation: Promise<void>): void {
    operation.catch((error: unknown) => {
      this.#owner.logger.error("A command of the admin interface did not reach all processes", {
        type: "admin failed",
        err: error,
      });
    });
  }
}

/** `null` for a filter that is neither a room or id nor left out: it must not come to mean all clients. */
function targetOf(namespace: string, filter: unknown): Target | null {
  if (filter === undefined || filter === null) return everyoneIn(namespace);
  if (typeof filter !== "string" || filter === "") return null;
  return { namespace, sid: null, rooms: [filter], skip: null };
}

function wordsFor({ namespace, rooms }: Target): string {
  const [filter] = rooms ?? [];
  return `${filter === undefined ? "all clients" : quoted(filter)} in ${quoted(namespace)}`;
}

function refused(code: string, message: string): RefusedCommand {
  return { error: { code, message } };
}
