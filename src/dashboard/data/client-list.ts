/** The clients of this process, a page at a time. */

import type { Hub } from "../../core/hub.ts";
import type { Socket } from "../../core/socket/socket.ts";
import type { ClientOrder, ClientPart, ClientQuery, ClientRow, ListPlace } from "../api.ts";
import { type RowOrder, TopRows } from "./top-rows.ts";

/** Says how much to show of clients. */
export interface ClientViewSettings {
  /** The name of this process for people. */
  readonly process: string;
  /** Whether public data is shown. */
  readonly showsPayloads: boolean;
}

/** A client with its place in the list. */
interface PlacedSocket {
  readonly key: string | number;
  readonly id: string;
  readonly socket: Socket;
}

/** From so many bytes on a client counts as slow. Less may wait for anyone at the end of a tick. */
const leastBacklog = 16_384;

const keys: Readonly<Record<ClientOrder, (socket: Socket) => string | number>> = {
  since: ({ client }) => client.connectedAt,
  address: ({ client }) => client.request.address,
  transport: ({ client }) => client.transportName,
  rooms: ({ rooms }) => rooms.size,
  buffered: ({ client }) => client.bufferedBytes,
  namespace: ({ namespace }) => namespace,
};

/** Whether a text names an order of clients. */
export function isClientOrder(text: unknown): text is ClientOrder {
  return typeof text === "string" && Object.hasOwn(keys, text);
}

/** Compares places in a list: by what the list is sorted by, then by what tells rows apart. */
export function placeOrder(descending: boolean): RowOrder<ListPlace> {
  const sign = descending ? -1 : 1;
  return ([keyA, idA], [keyB, idB]) => {
    if (keyA !== keyB) return keyA < keyB ? -sign : sign;
    return idA === idB ? 0 : idA < idB ? -1 : 1;
  };
}

/** One page of the clients that fit a query. */
export function listClients(
  hub: Hub,
  query: ClientQuery,
  { process, showsPayloads }: ClientViewSettings,
): ClientPart {
  const { order, after, limit } = query;
  const compare = placeOrder(query.descending);
  const top = new TopRows<PlacedSocket>(limit, (a, b) => compare([a.key, a.id], [b.key, b.id]));
  const keyOf = keys[order];
  const fits = filterOf(query, showsPayloads);
  let total = 0;
  for (const socket of candidates(hub, query)) {
    if (!socket.isConnected || !fits(socket)) continue;
    total += 1;
    const row = { key: keyOf(socket), id: `${socket.sid} ${socket.namespace}`, socket };
    if (after === null || compare([row.key, row.id], after) > 0) top.offer(row);
  }
  const rows = top.rows.map(({ key, id, socket }) => ({
    ...clientRow(socket, process),
    place: [key, id] as const,
  }));
  return { rows, total };
}

/** The clients with the most bytes that wait to be written. */
export function slowestClients(hub: Hub, limit: number, process: string): ClientRow[] {
  const top = new TopRows<{ readonly bytes: number; readonly socket: Socket }>(
    limit,
    (a, b) => b.bytes - a.bytes,
  );
  for (const namespace of hub.namespaces.all()) {
    for (const socket of namespace.sockets()) {
      const bytes = socket.client.bufferedBytes;
      if (bytes >= leastBacklog && socket.isConnected) top.offer({ bytes, socket });
    }
  }
  return top.rows.map(({ socket }) => clientRow(socket, process));
}

/** Describes a client for a list. */
export function clientRow({ sid, namespace, rooms, client }: Socket, process: string): ClientRow {
  return {
    sid,
    namespace,
    address: client.request.address,
    transport: client.transportName,
    since: client.connectedAt,
    rooms: rooms.size,
    buffered: client.bufferedBytes,
    process,
  };
}

function* candidates(hub: Hub, { namespace, room }: ClientQuery): Iterable<Socket> {
  const namespaces = namespace === null ? hub.namespaces.all() : [hub.namespaces.get(namespace)];
  for (const each of namespaces) {
    if (each === undefined) continue;
    yield* room === null ? each.sockets() : (each.rooms.members(room) ?? []);
  }
}

/** Makes the test that tells which clients fit the search. Public data that is hidden is not found either. */
function filterOf({ search }: ClientQuery, showsPayloads: boolean): (socket: Socket) => boolean {
  const text = search.trim();
  if (text === "") return () => true;
  const lower = text.toLowerCase();
  return (socket) =>
    socket.sid.includes(text) ||
    socket.client.request.address.includes(lower) ||
    (showsPayloads && socket.hasPublicData && holds(socket.publicData, lower));
}

/** Whether a text of the public data, at its top level, contains a text. */
function holds(data: Readonly<Record<string, unknown>>, lower: string): boolean {
  for (const name in data) {
    const value = data[name];
    if (typeof value === "string" && value.toLowerCase().includes(lower)) return true;
    if (typeof value === "number" && String(value) === lower) return true;
  }
  return false;
}
