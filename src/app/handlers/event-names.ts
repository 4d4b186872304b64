/** The names of events that can be handled, and what users of other libraries mean by names that cannot. */

import { RoomcastError } from "../../base/errors.ts";
import { show } from "../../base/options.ts";
import { reservedEvents } from "../../protocol/socket-packet.ts";

/** Names that are not events of clients but may have handlers. */
const specialEvents = new Set(["connect", "disconnect", "*"]);

const connect = 'Did you mean "connect"? Its handler gets what the client sent along (auth), and no socket.';
const disconnect =
  'Did you mean "disconnect"? Its handler gets the reason, and rooms() and session can still be read there.';

/** The special events by names that people write for them, without capitals and signs. */
const meanings: Readonly<Record<string, string>> = {
  connection: connect,
  connect,
  conect: connect,
  connnect: connect,
  onconnect: connect,
  onconnection: connect,
  disconnection: disconnect,
  disconnecting: disconnect,
  disconnect,
  disconect: disconnect,
  disconnnect: disconnect,
  ondisconnect: disconnect,
  ondisconnecting: disconnect,
  connecterror:
    'A client gets "connect_error" when it is refused: throw a ConnectionRefusedError in the handler of "connect".',
  newlistener: "Roomcast tells of no listeners.",
  removelistener: "Roomcast tells of no listeners.",
};

/** Whether a name is none of a client's event. */
export function isSpecialEvent(event: string): boolean {
  return specialEvents.has(event);
}

/** The special event that a similar name stands for; `undefined` for all other names. */
export function meaningOf(name: string): string | undefined {
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, "");
  return Object.hasOwn(meanings, plain) ? meanings[plain] : undefined;
}

/**
 * Checks the name of an event that a handler is for. A name that is near to `"connect"` or `"disconnect"` is
 * refused: its handler would never be called, or by a client that sends an event of this name.
 *
 * @throws {@link RoomcastError} `ERR_EVENT_NAME`
 */
export function checkHandledEvent(event: unknown): asserts event is string {
  if (typeof event !== "string" || event === "") {
    throw new RoomcastError(
      "ERR_EVENT_NAME",
      `${show(event)} cannot be handled: an event's name is a string that is not empty.`,
    );
  }
  if (specialEvents.has(event)) return;
  const meaning = meaningOf(event);
  if (meaning !== undefined || reservedEvents.has(event)) {
    throw new RoomcastError(
      "ERR_EVENT_NAME",
      [`The event ${show(event)} cannot be handled.`, meaning, elsewhere(event)].filter(Boolean).join(" "),
    );
  }
}

/** Where an event of such a name is handled that clients do send. */
function elsewhere(event: string): string | undefined {
  return reservedEvents.has(event)
    ? undefined
    : 'If clients send an event of this name, handle it with "*", which gets the name first.';
}
