import { describe, expect, it } from "vitest";
import { parseCursor, type StreamPosition } from "../../../src/core/model/stream-position.ts";
import { MemoryRecoveryLog } from "../../../src/core/recovery/memory-recovery-log.ts";
import type { RecoverySession } from "../../../src/core/recovery/recovery-log.ts";
import { OutgoingPacket } from "../../../src/engine/outbox/outgoing-packet.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { heldBytes } from "../../support/held-memory.ts";

const bounds = { maxEvents: 10_000, maxBytes: 100_000_000, retention: 1000 };

function makeLog(given: Partial<typeof bounds> = {}) {
  const clock = new FakeClock();
  const cursors: string[] = [];
  const owner = {
    encode: ({ event }: { event: string }, cursor: string) => {
      cursors.push(cursor);
      return new OutgoingPacket(event);
    },
    deliver: () => 0,
  };
  const log = new MemoryRecoveryLog(owner, { ...bounds, ...given }, clock);
  const say = (event: string, rooms: string[] | null, skip: string[] = []) =>
    log.append({ target: { namespace: "/", sid: null, rooms, skip }, event, values: [], flags: {} });
  const missed = (session: RecoverySession, cursor: StreamPosition | null = null): string[] | null => {
    let texts: string[] | null | undefined;
    log.resume(session.pid, cursor, null, (found) => {
      texts = found.missed?.map(({ text }) => text) ?? null;
    });
    if (texts === undefined) throw new Error("the log in memory answers at once");
    return texts;
  };
  return { clock, cursors, log, say, missed };
}

const ada = { pid: "ada's secret", sid: "ada" };

/** A log with one client and binary events. */
function makeBinaryLog(given: Partial<typeof bounds> = {}) {
  let attachments: readonly Uint8Array[] = [];
  const owner = {
    encode: () => new OutgoingPacket("45-", attachments),
    deliver: () => 0,
  };
  const log = new MemoryRecoveryLog(owner, { ...bounds, ...given }, new FakeClock());
  log.open(ada);
  const target = { namespace: "/", sid: null, rooms: null, skip: null };
  const say = (...bytes: Uint8Array[]) => {
    attachments = bytes;
    log.append({ target, event: "e", values: [], flags: {} });
  };
  return { log, say };
}

describe("MemoryRecoveryLog, with binary,", () => {
  it("keeps what was sent, whatever the application does with its memory afterwards", () => {
    const { log, say } = makeBinaryLog();
    const memory = Buffer.from("sent");
    say(memory);
    memory.fill("x");
    log.resume(ada.pid, null, null, ({ missed }) => {
      expect(missed?.map(({ attachments }) => String(Buffer.from(attachments[0] ?? [])))).toEqual(["sent"]);
    });
  });

  it("keeps a view's bytes, and not the memory that it is a view of", () => {
    const held = heldBytes(() => {
      const { log, say } = makeBinaryLog();
      for (let count = 0; count < 100; count += 1) say(Buffer.alloc(100_000).subarray(0, 10));
      return log;
    });
    // The memory below is ten million bytes.
    expect(held).toBeLessThan(2_000_000);
  });

  it.each([
    ["small attachments", () => Array.from({ length: 100 }, () => Buffer.from("x"))],
    ["one large attachment", () => [Buffer.alloc(20_000)]],
  ])("takes no more memory than its bound with %s", (_what, make) => {
    const maxBytes = 5_000_000;
    const held = heldBytes(() => {
      const { log, say } = makeBinaryLog({ maxBytes });
      for (let count = 0; count < 2000; count += 1) say(...make());
      expect(log.size).toBeLessThan(200);
      return log;
    });
    expect(held).toBeLessThan(maxBytes);
  });

  it("counts text beyond ASCII with its frames", () => {
    const { log, say } = makeLog({ maxBytes: 100_000 });
    log.open(ada);
    for (let count = 0; count < 100; count += 1) say("語".repeat(1000), null);
    // Two bytes for a character, and three in a frame.
    expect(log.size).toBe(Math.floor(100_000 / 5400));
  });
});

describe("MemoryRecoveryLog", () => {
  it("forgets events that no client could ask for, and keeps no timer then", () => {
    const { clock, log, say } = makeLog();
    say("for no client", null);
    say("for no client", ["room"]);
    expect(log.size).toBe(0);
    log.open(ada);
    say("old", null);
    clock.advance(600);
    say("young", null);
    clock.advance(600);
    expect(log.size).toBe(1);
    clock.advance(600);
    expect(log.size).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  it("never holds more events than it may", () => {
    const { log, say } = makeLog({ maxEvents: 10 });
    log.open(ada);
    for (let number = 0; number < 1000; number += 1) {
      say(String(number), null);
      expect(log.size).toBe(Math.min(number + 1, 10));
    }
  });

  it("does not keep an event larger than its bound, and says so to a client that missed it", () => {
    const { log, say, missed } = makeLog({ maxBytes: 5000 });
    log.open(ada);
    say("x".repeat(10_000), null);
    expect(log.size).toBe(0);
    expect(missed(ada)).toBeNull();
  });

  it("refuses a client that may have missed events in one of many rooms that it has left", () => {
    const { log, say, missed, cursors } = makeLog();
    log.open(ada);
    for (let number = 0; number < 40; number += 1) {
      log.join(ada, `room ${number}`);
      say(`event ${number}`, [`room ${number}`]);
      log.leave(ada, `room ${number}`);
    }
    expect(missed(ada)).toBeNull();
    expect(missed(ada, parseCursor(cursors[38]) as StreamPosition)).toEqual(["event 39"]);
    expect(missed(ada, parseCursor(cursors[22]) as StreamPosition)).toBeNull();
    expect(missed(ada, parseCursor(cursors[23]) as StreamPosition)).toHaveLength(16);
  });

  it("does not refuse a client for rooms without events since then", () => {
    const { log, say, missed } = makeLog();
    log.open(ada);
    log.open({ pid: "bob's secret", sid: "bob" });
    for (let number = 0; number < 40; number += 1) {
      say("elsewhere", ["bob"]);
      log.join(ada, "room");
      say("elsewhere", ["bob"]);
      log.leave(ada, "room");
    }
    expect(missed(ada)).toEqual([]);
  });

  it("does not know a client that was closed", () => {
    const { log, missed } = makeLog();
    log.open(ada);
    log.join(ada, "room");
    expect(log.rooms(ada)).toEqual(["room"]);
    log.close(ada);
    log.close(ada);
    log.join(ada, "room");
    log.leave(ada, "room");
    expect([log.rooms(ada), missed(ada)]).toEqual([[], null]);
  });

  it.each([1, 2, 3, 4, 5])(
    "gives exactly what was for a client, as one that remembers everything (seed %d)",
    (seed) => {
      const random = randomFrom(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const { log, say, missed, cursors } = makeLog({ maxEvents: 60 });
      const rooms = ["a", "b", "c", "d"];
      const sessions = ["ada", "bob", "cem"].map((sid) => ({ pid: `secret of ${sid}`, sid }));
      /** For each client, the numbers of its events, and those that the log had to forget. */
      const meant = new Map(sessions.map((session) => [session, [] as number[]]));
      const inside = new Map(sessions.map((session) => [session, new Set<string>()]));
      for (const session of sessions) log.open(session);
      let incomplete = 0;
      for (let step = 0; step < 2000; step += 1) {
        const session = pick(sessions);
        const room = pick(rooms);
        const action = random();
        if (action < 0.1) {
          log.join(session, room);
          inside.get(session)?.add(room);
        } else if (action < 0.2) {
          log.leave(session, room);
          inside.get(session)?.delete(room);
        } else if (action < 0.9) {
          const targets = pick([null, [room], [room, pick(rooms)], [session.sid], [session.sid, room]]);
          const skip = random() < 0.3 ? [pick([pick(sessions).sid, pick(rooms)])] : [];
          const number = cursors.length + 1;
          say(String(number), targets, skip);
          for (const each of sessions) {
            const isMeant =
              targets === null ||
              targets.includes(each.sid) ||
              targets.some((name) => inside.get(each)?.has(name));
            const isLeftOut = skip.some((name) => name === each.sid || inside.get(each)?.has(name));
            if (isMeant && !isLeftOut) meant.get(each)?.push(number);
          }
        } else if (cursors.length > 0) {
          const from = Math.max(1, cursors.length - Math.floor(random() * 80));
          const found = missed(session, parseCursor(cursors[from - 1]) as StreamPosition);
          const expected = meant
            .get(session)
            ?.filter((number) => number > from)
            .map(String);
          // The log may forget events, but then it says so.
          if (found === null) incomplete += 1;
          else expect(found).toEqual(expected);
          if (cursors.length - from < 30 && inside.get(session)?.size === rooms.length)
            expect(found).not.toBeNull();
        }
      }
      expect(incomplete).toBeGreaterThan(0);
      expect(incomplete).toBeLessThan(150);
    },
  );
});

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
