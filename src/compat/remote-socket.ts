/** A client of another process, as `fetchSockets()` gives it. */

import type { SocketInfo } from "../core/model/socket-info.ts";

/** Sends to this client. */
export interface RemoteOperator {
  timeout(timeout: number): unknown;
  emit(event: unknown, ...values: unknown[]): boolean;
  socketsJoin(room: unknown): void;
  socketsLeave(room: unknown): void;
  disconnectSockets(close?: boolean): void;
}

/** A client of another process. */
export class RemoteSocket {
  readonly id: string;
  readonly handshake: object;
  readonly rooms: Set<string>;
  readonly data: unknown;
  readonly #operator: RemoteOperator;

  constructor({ sid, rooms, publicData, handshake }: SocketInfo, operator: RemoteOperator) {
    const { time, address, secure, url, query, headers } = handshake;
    this.id = sid;
    this.rooms = new Set(rooms);
    this.data = publicData;
    this.handshake = {
      headers,
      time: String(new Date(time)),
      address,
      xdomain: headers.origin !== undefined,
      secure,
      issued: time,
      url,
      query,
      auth: {},
    };
    this.#operator = operator;
  }

  timeout(timeout: number): unknown {
    return this.#operator.timeout(timeout);
  }

  emit(event: unknown, ...values: unknown[]): boolean {
    return this.#operator.emit(event, ...values);
  }

  join(room: unknown): void {
    this.#operator.socketsJoin(room);
  }

  leave(room: unknown): void {
    this.#operator.socketsLeave(room);
  }

  disconnect(close = false): this {
    this.#operator.disconnectSockets(close);
    return this;
  }
}
