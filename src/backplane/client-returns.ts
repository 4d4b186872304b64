/**
 * How a client comes back to this process, wherever it was before. Its record is taken, its channels are heard, what it
 * missed is read, and what is sent to it meanwhile is gathered; a fence that comes back over the same connection as the
 * events says when the two are all, and from then on events come to it as to everybody who is here.
 */

import type { Cursor } from "../core/cursor.ts";
import type { RecoverySession, Resumption } from "../core/recovery-log.ts";
import type { OutgoingPacket } from "../engine/outgoing-packet.ts";
import type { ClientRecords } from "./client-records.ts";
import type { KeptClient } from "./kept-client.ts";
import { isLossMark, type NumberedEvent } from "./numbered-event.ts";
import type { NumberedStream } from "./numbered-stream.ts";

/** Told what a client finds. */
export type Done<Session extends RecoverySession> = (resumption: Resumption<Session>) => void;

/** Makes what clients get of an event. */
export type PacketOf = (event: NumberedEvent) => OutgoingPacket;

/** How often it is tried to take a client back while connections break. */
const maxAttempts = 3;

/** See above. */
export class ClientReturns<Session extends RecoverySession> {
  readonly #stream: NumberedStream;
  readonly #records: ClientRecords<Session>;
  readonly #packetOf: PacketOf;
  readonly #report: (error: unknown) => void;
  /** Who is coming back, by `pid`: one after the other. */
  readonly #returning = new Map<string, Promise<void>>();
  /** What is sent to them meanwhile. */
  readonly #gatherings = new Set<NumberedEvent[]>();

  /**
   * @param stream - the events of the namespace
   * @param records - its clients
   * @param packetOf - makes what clients get of an event
   * @param report - reports an error that nobody else is told
   */
  constructor(
    stream: NumberedStream,
    records: ClientRecords<Session>,
    packetOf: PacketOf,
    report: (error: unknown) => void,
  ) {
    this.#stream = stream;
    this.#records = records;
    this.#packetOf = packetOf;
    this.#report = report;
  }

  /** A client has come back. */
  resume(pid: string, cursor: Cursor | null, done: Done<Session>): void {
    const before = this.#returning.get(pid);
    const client = this.#records.get(pid);
    if (before === undefined && client !== undefined && !isFree(client)) {
      done({ session: client.session, missed: null });
      return;
    }
    const returned = (before ?? Promise.resolve()).then(() => this.#resume(pid, cursor, done));
    this.#returning.set(pid, returned);
    void returned.then(() => {
      if (this.#returning.get(pid) === returned) this.#returning.delete(pid);
    });
  }

  /** An event has come, or a mark of a loss. */
  gather(event: NumberedEvent): void {
    for (const gathering of this.#gatherings) gathering.push(event);
  }

  async #resume(pid: string, cursor: Cursor | null, done: Done<Session>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#stream.settled();
      const outcome = await this.#attempt(pid, cursor, done).catch(() => "broken" as const);
      if (outcome === "done") return;
      if (attempt === maxAttempts || this.#stream.isDetached) {
        // Where the broker does not answer, nobody knows what was missed.
        this.#finish(done, this.#records.get(pid)?.session ?? null, null);
        return;
      }
    }
  }

  /** Tries to take a client back. Rejects, or is `"broken"`, where the connection to the broker breaks. */
  async #attempt(pid: string, cursor: Cursor | null, done: Done<Session>): Promise<"done" | "broken"> {
    const stream = this.#stream;
    const records = this.#records;
    // Two who write of one client would be in each other's way.
    let here = records.get(pid);
    while (here?.saving) {
      await here.saving;
      here = records.get(pid);
    }
    if (!stream.isUp) return stream.isDetached ? this.#finish(done, here?.session ?? null, null) : "broken";
    if (here !== undefined && !isFree(here)) return this.#finish(done, here.session, null);
    const client = await records.claim(pid);
    if (client === null) return this.#finish(done, here?.session ?? null, null);
    const { session, where } = client;
    const gathering: NumberedEvent[] = [];
    records.listen(client);
    try {
      await records.confirmed(client);
      this.#gatherings.add(gathering);
      const from = startOf(client, cursor, stream.epoch);
      const events = from === null ? null : await stream.readAfter(from);
      return await this.#passed((isWhole) => {
        // Somebody else may have taken it meanwhile.
        if (!records.has(client)) return this.#finish(done, null, null);
        if (events === null) return this.#finish(done, session, null);
        if (!isWhole) {
          records.unlisten(client);
          return "broken";
        }
        const end = events.at(-1)?.number ?? from ?? 0;
        const missed = [...events, ...gathering.filter(({ number }) => number > end)].filter(
          ({ number, target }) => where.concerns(number, target),
        );
        where.last = Math.max(where.last, missed.at(-1)?.number ?? 0);
        const packets = missed.some(isLossMark) ? null : missed.map(this.#packetOf);
        this.#finish(done, session, packets);
        if (records.has(client)) records.save(client);
        return "done";
      });
    } catch (error) {
      records.unlisten(client);
      throw error;
    } finally {
      this.#gatherings.delete(gathering);
    }
  }

  #finish(done: Done<Session>, session: Session | null, missed: readonly OutgoingPacket[] | null): "done" {
    try {
      done({ session, missed });
    } catch (error) {
      this.#report(error);
    }
    return "done";
  }

  #passed<T>(passed: (isWhole: boolean) => T): Promise<T> {
    return new Promise((resolve) => {
      this.#stream.fence((isWhole) => resolve(passed(isWhole)));
    });
  }
}

/** Whether a client that is known here is waited for, and can be taken back. */
function isFree({ isHere, isTainted }: KeptClient<RecoverySession>): boolean {
  return !isHere && !isTainted;
}

/** The number from which on a client has missed what is for it; `null` where that cannot be told. */
function startOf(
  { where, through }: KeptClient<RecoverySession>,
  cursor: Cursor | null,
  epoch: string,
): number | null {
  // One that has received anything since it came has its cursor in this epoch, so another is left from before.
  const told = cursor === null || cursor.epoch !== epoch ? where.start : cursor.number;
  const number = Math.max(told, where.start);
  if (number < where.floor) return null;
  return number >= where.last ? Math.max(number, through) : number;
}
