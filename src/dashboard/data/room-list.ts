/** The rooms of this process, by size or by name. */

import type { Hub } from "../../core/hub.ts";
import type { RoomOrder, RoomPart, RoomQuery, RoomRow } from "../api.ts";
import { type RowOrder, TopRows } from "./top-rows.ts";

/** Whether a text names an order of rooms. */
export function isRoomOrder(text: unknown): text is RoomOrder {
  return text === "members" || text === "room";
}

/** Compares rooms: rooms of the same size by their names. */
export function roomOrder(order: RoomOrder, descending: boolean): RowOrder<RoomRow> {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    if (order === "members" && a.members !== b.members) return sign * (a.members - b.members);
    const byName = compareTexts(a.room, b.room) || compareTexts(a.namespace, b.namespace);
    return order === "room" ? sign * byName : byName;
  };
}

/** The first rooms that fit a query, all pages before included: rooms may have members elsewhere, too. */
export function listRooms(hub: Hub, query: RoomQuery): RoomPart {
  const top = new TopRows<RoomRow>(query.offset + query.limit, roomOrder(query.order, query.descending));
  const lower = query.search.trim().toLowerCase();
  let total = 0;
  for (const { name, rooms } of hub.namespaces.all()) {
    if (query.namespace !== null && query.namespace !== name) continue;
    for (const [room, members] of rooms.all()) {
      if (lower !== "" && !room.toLowerCase().includes(lower)) continue;
      total += 1;
      top.offer({ namespace: name, room, members: members.size });
    }
  }
  return { rows: top.rows, total };
}

/** How many members some rooms have here. */
export function roomSizes(
  hub: Hub,
  rooms: readonly (readonly [namespace: string, room: string])[],
): number[] {
  return rooms.map(([namespace, room]) => hub.namespaces.get(namespace)?.rooms.members(room)?.size ?? 0);
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
