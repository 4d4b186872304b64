/** What processes tell each other of their rooms. */

/** Names of the events between processes. */
export const presenceEvents = {
  /**
   * `[node, part, parts, [namespace, room, isOccupied]…]`: changes (0 parts), or a part of all occupied
   * rooms.
   */
  rooms: "roomcast:rooms",
  /** Asks every process to send all its occupied rooms. */
  ask: "roomcast:rooms?",
  /** `[namespace, room, isOnline]…`: changes that one process has told, so that no other one does. */
  told: "roomcast:rooms told",
} as const;
