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
  readonly handshake: object;
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
  const { time, address, headers, query, secure, url } = handshake;
  return {
    id: sid,
    clientId: `${process}${socket.client.number}`,
    transport,
    nsp: namespace,
    data: shownValue(publicData),
    handshake: {
      address,
      headers,
      query,
      issued: time,
      secure,
      time: new Date(time).toString(),
      url,
      xdomain: headers.origin !== undefined,
    },
    rooms,
  };
}
