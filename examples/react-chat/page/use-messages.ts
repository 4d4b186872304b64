import { useEffect, useReducer } from "react";
import type { ClientSocket, ClientState } from "roomcast/client";
import { useEvent } from "roomcast/react";
import type { chat, Message } from "../contract.ts";
import { type Room, rooms } from "../rooms.ts";

interface Messages {
  /** Of all rooms, in the order of their numbers. */
  readonly list: readonly Message[];
  /** The number of the latest message that was read, by room. */
  readonly read: Readonly<Partial<Record<Room, number>>>;
}

type Action =
  | { type: "history"; room: Room; history: readonly Message[] }
  | { type: "said"; message: Message }
  | { type: "read"; room: Room };

function reduce({ list, read }: Messages, action: Action): Messages {
  if (action.type === "said") return { list: merged(list, [action.message]), read };
  const { room } = action;
  if (action.type === "read") {
    const latest = list.findLast((message) => message.room === room)?.number ?? 0;
    return latest === read[room] ? { list, read } : { list, read: { ...read, [room]: latest } };
  }
  // The server's history takes the place of what the page has, but for messages that are newer still.
  const latest = action.history.at(-1)?.number ?? 0;
  const others = list.filter((message) => message.room !== room || message.number > latest);
  return { list: merged(others, action.history), read: { [room]: latest, ...read } };
}

/** Both lists as one. A message that is in both, such as one's own, is in it once. */
function merged(list: readonly Message[], more: readonly Message[]): Message[] {
  const byNumber = new Map([...list, ...more].map((message) => [message.number, message]));
  return [...byNumber.values()].sort((one, other) => one.number - other.number);
}

/** The messages of all rooms, and which of them are new. */
export function useMessages(socket: ClientSocket<typeof chat>, state: ClientState) {
  const [messages, dispatch] = useReducer(reduce, { list: [], read: {} });
  useEvent(socket, "said", (message) => dispatch({ type: "said", message }));

  // A new connection has missed something, unless it continues the one before.
  const isNew = state === "connected" && !(socket.recovered && rooms.every((room) => room in messages.read));
  useEffect(() => {
    if (!isNew) return;
    for (const room of rooms)
      socket.call("enter", room).then(
        (history) => dispatch({ type: "history", room, history }),
        // A lost connection: the next one asks again.
        (error) => console.warn(`The messages of ${room} are missing.`, error),
      );
  }, [socket, isNew]);

  return { ...messages, dispatch };
}
