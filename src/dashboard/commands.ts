/** Carries out what the page commands, on clients of any process. */

import { RoomcastError } from "../base/errors.ts";
import { quoted } from "../base/printable.ts";
import { args } from "../contract/arguments.ts";
import type { Hub } from "../core/hub.ts";
import { clientIn } from "../core/model/target.ts";
import type { Command } from "./api.ts";

/**
 * Carries out a command.
 *
 * @returns `false` where the client has left
 * @throws {@link RoomcastError} for a name that no event or room can have, and for limits
 */
export async function carryOut(hub: Hub, command: Command): Promise<boolean> {
  const { namespace, sid } = command;
  const target = clientIn(namespace, sid);
  if (hub.namespaces.find(namespace, sid) === undefined && (await hub.operations.count(target)).count === 0)
    return false;
  switch (command.type) {
    case "emit":
      hub.broadcaster.emit(target, command.event, args(...command.values), {});
      break;
    case "join":
      await hub.operations.join(target, command.room);
      break;
    case "leave":
      if (command.room === sid) throw new RoomcastError("ERR_ROOM", "A client cannot leave its own room.");
      await hub.operations.leave(target, command.room);
      break;
    case "disconnect": {
      const notice = command.reason === "" ? null : { reason: command.reason, retry: false };
      await hub.operations.disconnect(target, command.whole, notice);
      break;
    }
    default:
      command satisfies never;
  }
  return true;
}

/** A command in words, for the log. Never what an event holds. */
export function describeCommand(command: Command): string {
  const client = `${quoted(command.sid)} in ${quoted(command.namespace)}`;
  switch (command.type) {
    case "emit":
      return `emitted ${quoted(command.event)} to ${client}`;
    case "join":
      return `put ${client} into ${quoted(command.room)}`;
    case "leave":
      return `took ${client} out of ${quoted(command.room)}`;
    case "disconnect":
      return `disconnected ${client}`;
    default:
      command satisfies never;
      return "did something";
  }
}
