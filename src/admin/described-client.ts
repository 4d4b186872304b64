/** A client in a namespace, as the admin interface shows it. */

import { describeSocket } from "../core/model/socket-info.ts";
import type { Socket } from "../core/socket/socket.ts";
import { shownValue } from "./shown-values.ts";

/** A client in a namespace: the `Socket` of Socket.IO's admin interface. */
export interface DescribedClient {
  readonly id: string;
  /** The same for all namespaces of one connection. */
  readonly clientId: string;
  readonly transport: string;
  readonly nsp: string;
  readonly data: unknown;
  readonly handshake: {
    readonly address: string;
    readonly headers: unknown;
    readonly query: unknown;
    /** In ms since 1970. */
    readonly issued: number;
    readonly secure: boolean;
    readonly time: string;
    readonly url: unknown;
    readonly xdomain: boolean;
  };
  /** Its own id first. */
  readonly rooms: readonly string[];
}

/**
 * Describes a client. What it sent to log in is left out, and so are header fields and parameters of the
 * query that may hold secrets, cookies among them.
 *
 * @param process - a word for this process, before its connections' numbers
 */
export function describeClient(socket: Socket, process: string): DescribedClient {
  const { sid, namespace, rooms, publicData, handshake, transport } = describeSocket(socket);
  const { time, address, secure } = handshake;
  return {
    id: sid,
    clientId: `${process}${socket.client.number}`,
    transport,
    nsp: namespace,
    data: shownValue(publicData),
    handshake: {
      address,
      headers: shownValue(handshake.headers),
      query: shownValue(handshake.query),
      issued: time,
      secure,
      time: new Date(time).toString(),
      url: shownValue(handshake.url),
      xdomain: handshake.headers.origin !== undefined,
    },
    rooms,
  };
}

/** How many rooms the short description of a client names. */
const fewRooms = 20;

/**
 * Descriptions that together are not too long to send: those that do not fit are short, without data, header
 * fields and most rooms.
 *
 * @param limit - how long they may be in JSON, in characters
 */
export function fittingClients(clients: readonly DescribedClient[], limit: number): DescribedClient[] {
  let room = limit;
  return clients.map((client) => {
    room -= JSON.stringify(client).length;
    return room >= 0 ? client : shortened(client);
  });
}

function shortened(client: DescribedClient): DescribedClient {
  const { address, issued, secure, time, url, xdomain } = client.handshake;
  return {
    ...client,
    data: "…",
    handshake: { address, headers: {}, query: {}, issued, secure, time, url, xdomain },
    rooms: client.rooms.slice(0, fewRooms),
  };
}
