/** The clients of one process, for tests of what connects processes: plain descriptions, and a record. */

import type { LocalClients } from "../../src/backplane/cluster/ports.ts";
import type { AckListener } from "../../src/core/model/ack-listener.ts";
import type { Operation } from "../../src/core/model/operation.ts";
import type { SocketInfo } from "../../src/core/model/socket-info.ts";
import type { Target } from "../../src/core/model/target.ts";
import type { PacketFlags } from "../../src/engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../src/protocol/socket-packet.ts";

/** The clients of one process. */
export class FakeLocalClients implements LocalClients {
  /** The clients that are here. */
  readonly present: SocketInfo[] = [];
  /** What happened to clients, in order: a word, the clients, and what else belongs to it. */
  readonly done: unknown[][] = [];
  /** Gets the answers of the clients that were called last. */
  called: AckListener | null = null;
  /** Namespaces whose clients keep their ids in other processes. */
  readonly roaming = new Set<string>();

  deliver(target: Target, { body }: EncodedEvent, flags: PacketFlags): void {
    const set = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
    this.done.push(["event", nameOf(target), ...JSON.parse(body), set]);
  }

  apply(operation: Operation): void {
    const where = operation.type === "close room" ? operation.namespace : nameOf(operation.target);
    if (operation.type === "disconnect") this.done.push([operation.type, where, operation.close]);
    else if (operation.type === "close room") this.done.push([operation.type, where, operation.room]);
    else this.done.push([operation.type, where, ...operation.rooms]);
  }

  inquireFor(target: Target, { body }: EncodedEvent, timeout: number, listener: AckListener): () => void {
    this.done.push(["call", nameOf(target), ...JSON.parse(body), timeout]);
    this.called = listener;
    return () => {};
  }

  describe({ namespace, sid, rooms, skip }: Target): readonly SocketInfo[] {
    const names = sid === null ? rooms : [sid];
    return this.present.filter(
      (socket) =>
        socket.namespace === namespace &&
        (names === null || names.some((name) => socket.rooms.includes(name))) &&
        skip?.includes(socket.sid) !== true,
    );
  }

  countHere(target: Target): number {
    return this.describe(target).length;
  }

  onGap(): void {
    this.done.push(["gap"]);
  }

  roams(namespace: string): boolean {
    return this.roaming.has(namespace);
  }

  kept(): null {
    return null;
  }

  /** A client is here. */
  add(sid: string, rooms: readonly string[] = [], namespace = "/"): void {
    const handshake = { time: 0, address: "", secure: false, url: "/", query: {}, headers: {} };
    const transport = "websocket";
    this.present.push({ sid, namespace, rooms: [sid, ...rooms], publicData: {}, handshake, transport });
  }
}

/** The clients of a target in a few characters: `everyone`, or `red,blue but ada`. */
function nameOf({ sid, rooms, skip }: Target): string {
  const names = sid ?? rooms?.join() ?? "everyone";
  return skip === null ? names : `${names} but ${skip.join()}`;
}
