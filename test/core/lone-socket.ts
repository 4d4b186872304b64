/** A socket without a client. It records what it sends. */

import type { DisconnectReason } from "../../src/core/model/disconnect-reason.ts";
import { jsonCodec } from "../../src/core/packet/codec.ts";
import type { AcknowledgementListener } from "../../src/core/socket/acknowledgements.ts";
import { Socket, type SocketOwner } from "../../src/core/socket/socket.ts";
import type { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import { fakeRequest } from "../support/fake-exchange.ts";

/** The client of a {@link loneSocket}. */
export class FakeClient implements SocketOwner {
  readonly session = {
    isPrivate: true,
    begin: () => ({ data: {}, end() {} }),
    snapshot: () => null,
    replace() {},
    origin: () => null,
  };
  readonly ends = null;
  readonly request = fakeRequest();
  readonly transportName = "websocket";
  readonly number = 1;
  readonly connectedAt = 1_700_000_000_000;
  readonly roomCount = 0;
  readonly bufferedBytes = 0;
  readonly maxPendingAcknowledgements = 3;
  /** How many bytes of what it sent are waiting. */
  waiting = 0;
  lastRequestId = 0;
  /** How often the socket reported too many pending acknowledgements. */
  unanswered = 0;
  isEio3 = false;
  readonly codec = jsonCodec;
  /** The texts of all packets. */
  readonly sent: string[] = [];
  readonly closed: { reason: DisconnectReason; wasAccepted: boolean }[] = [];
  /** Whether the connection takes packets. */
  takes = true;
  onClose: (socket: Socket) => void = () => {};

  holdWaiting(weight: number): boolean {
    this.waiting += weight;
    return true;
  }

  endWaiting(weight: number): void {
    this.waiting -= weight;
  }

  get isOpen(): boolean {
    return this.takes;
  }

  get connection(): this {
    return this;
  }

  send(packet: OutgoingPacket): boolean {
    if (this.takes) this.sent.push(packet.text);
    return this.takes;
  }

  drained(): Promise<boolean> {
    return Promise.resolve(true);
  }

  timed(_namespace: string, listener: AcknowledgementListener): AcknowledgementListener {
    return listener;
  }

  flush(): void {}

  socketIn(): undefined {}

  refuse(namespace: string): void {
    this.sent.push(`refused in ${namespace}`);
  }

  expireAt(): void {}

  nextRequestId(): number {
    this.lastRequestId += 1;
    return this.lastRequestId;
  }

  closeConnection(): void {}

  requestReconnect(): void {}

  onTooManyUnanswered(): void {
    this.unanswered += 1;
  }

  abandon(): void {}

  adopt(): void {}

  onSocketClose(socket: Socket, reason: DisconnectReason, wasAccepted: boolean): void {
    this.closed.push({ reason, wasAccepted });
    this.onClose(socket);
  }
}

/** A socket and its client. */
export function loneSocket(sid = "ada", namespace = "/"): { socket: Socket; client: FakeClient } {
  const client = new FakeClient();
  return { socket: new Socket(sid, namespace, client, undefined), client };
}

/** A socket that was accepted. */
export function acceptedSocket(sid?: string, namespace?: string): { socket: Socket; client: FakeClient } {
  const lone = loneSocket(sid, namespace);
  lone.socket.accept();
  lone.client.sent.length = 0;
  return lone;
}
