import { useSyncExternalStore } from "react";
import { type Room, rooms } from "../rooms.ts";

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** The room that the address names, such as `#help`: links, the Back button and a reload keep it. */
export function useRoom(): Room {
  return useSyncExternalStore(
    subscribe,
    () => rooms.find((room) => `#${room}` === location.hash) ?? rooms[0],
  );
}
