import { useRef, useState } from "react";
import type { ClientSocket } from "roomcast/client";
import { useEvent } from "roomcast/react";
import type { chat } from "../contract.ts";
import type { Room } from "../rooms.ts";

/** How often a page says that its user types, and how long others believe it, in ms. */
const period = 2_000;
const patience = 4_000;

interface Typist {
  readonly room: Room;
  readonly name: string;
}

/** The names that type in a room, and a function to call while one's own user does. */
export function useTyping(socket: ClientSocket<typeof chat>, room: Room) {
  const [typists, setTypists] = useState<readonly Typist[]>([]);
  const told = useRef({ room, at: 0 });

  useEvent(socket, "typing", (typist) => {
    setTypists((before) => [...before.filter(({ name }) => name !== typist.name), typist]);
    setTimeout(() => setTypists((before) => before.filter((other) => other !== typist)), patience);
  });
  useEvent(socket, "said", ({ from }) => setTypists((before) => before.filter(({ name }) => name !== from)));

  function tell() {
    if (told.current.room === room && Date.now() < told.current.at + period) return;
    told.current = { room, at: Date.now() };
    // Worth nothing later, so it is dropped where it cannot be sent at once.
    socket.emit("typing", room, { volatile: true });
  }

  return { names: typists.filter((typist) => typist.room === room).map(({ name }) => name), tell };
}
