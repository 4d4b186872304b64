/** Clients that return to a recoverable namespace. */

import { expect } from "vitest";
import { clientIn, type Target } from "../../../src/core/model/target.ts";
import type { RecoverySettings } from "../../../src/core/recovery/recovery.ts";
import type { Socket } from "../../../src/core/socket/socket.ts";
import { everyone, type Peer, Site } from "../site.ts";

/** How long clients may be away, and how much is kept. */
const settings: RecoverySettings = {
  maxDisconnection: 60_000,
  retention: 100_000,
  maxEvents: 1000,
  maxBytes: 1_000_000,
  maxSessions: 100,
  maxSessionBytes: 1_000_000,
};

/** The clients of some rooms. */
export const to = (...rooms: string[]): Target => ({ ...everyone, rooms });
/** One client. */
export const client = ({ sid }: { sid: string }): Target => clientIn("/", sid);

/** A client with the knowledge of a stock client. */
export interface Guest {
  peer: Peer;
  socket: Socket;
  sid: string;
  pid: string;
  /** The last string of the events that it got. */
  offset: string | undefined;
}

/** The secret of a client. */
export function pidOf(socket: Socket): string {
  const { recoverable } = socket;
  if (recoverable === null) throw new Error("the namespace is not recoverable");
  return recoverable.pid;
}

/** The client's messages: events without their offsets, which it stores, and all others unchanged. */
export function listen(guest: Guest): unknown[] {
  return guest.peer.heard().map((message) => {
    const json = /^42(\[.*)$/.exec(String(message))?.[1];
    if (json === undefined) return message;
    const [event, ...values] = JSON.parse(json) as unknown[];
    guest.offset = values.pop() as string;
    expect(guest.offset).toMatch(/^[\w-]{8}\.[0-9a-z]+$/);
    return [event, ...values];
  });
}

/** A server whose main namespace is recoverable. */
export class RecoverableSite extends Site {
  /** @param changes - settings of recovery that differ from the usual ones */
  constructor(changes: Partial<RecoverySettings> = {}) {
    super({}, { ...settings, ...changes });
  }

  /** A new client joins. */
  arrive(): Guest {
    const peer = this.peer();
    const socket = peer.join();
    return { peer, socket, sid: socket.sid, pid: pidOf(socket), offset: undefined };
  }

  /** The client returns over a new connection. */
  comeBack(guest: Guest, auth: object = {}): unknown[] {
    guest.peer = this.peer();
    guest.peer.say(`40${JSON.stringify({ pid: guest.pid, offset: guest.offset, ...auth })}`);
    const [answer, ...events] = listen(guest);
    const { sid, pid } = JSON.parse(String(answer).slice(2)) as { sid: string; pid: string };
    // The site replaces every sid by the same text, so the test asks the server for it.
    expect(sid).toBe("SID");
    const socket = [...(this.namespace("/")?.sockets() ?? [])].at(-1) as Socket;
    expect(socket.recovered).toBe(pid === guest.pid);
    guest.socket = socket;
    guest.pid = pid;
    guest.sid = socket.sid;
    return events;
  }
}
