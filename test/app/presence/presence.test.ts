import { describe, expect, it } from "vitest";
import { Presence } from "../../../src/app/presence/presence.ts";
import { presenceEvents } from "../../../src/app/presence/presence-events.ts";
import type { OtherServers } from "../../../src/backplane/cluster/server-event.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { LogLines } from "../../support/log-lines.ts";

const grace = 3000;

/** One process among several, and the way between them. */
class Process {
  readonly clock = new FakeClock();
  readonly log = new LogLines();
  readonly presence: Presence;
  readonly others: OtherServers;
  /** What has come while it stood still, and for how long it does; `null` while it does not. */
  #held: [event: string, values: readonly unknown[]][] | null = null;
  #stoodStill = 0;
  isServer = true;
  isReachable = true;
  /** Those that it knows. */
  readonly known = new Set<Process>();
  readonly name: string;

  constructor(site: Site, name: string) {
    this.name = name;
    const self = this;
    this.others = {
      node: name,
      get isServer() {
        return self.isServer;
      },
      get isReachable() {
        return self.isReachable;
      },
      nodes: () => [...this.known].filter(({ isServer }) => isServer).map((other) => other.name),
      tellServers: (event, values) => {
        if (!this.isReachable) return;
        site.messages.push([event, values.length]);
        for (const other of site.living)
          if (other !== this && other.isReachable) other.receive(event, values);
      },
      askServers() {},
    };
    this.presence = new Presence({ others: () => this.others, clock: this.clock, logger: this.log });
    this.presence.watch({
      prefix: "user:",
      namespace: "/",
      grace,
      online: (room) => void site.told.push(`${room} online`),
      offline: (room) => void site.told.push(`${room} offline`),
    });
  }

  open(room: string): void {
    this.presence.onRoomOpen("/", room);
    this.clock.endTick();
  }

  empty(room: string): void {
    this.presence.onRoomEmpty("/", room);
    this.clock.endTick();
  }

  receive(event: string, values: readonly unknown[]): void {
    const copy = JSON.parse(JSON.stringify(values)) as unknown[];
    if (this.#held === null) this.presence.take(event, copy);
    else this.#held.push([event, copy]);
  }

  pass(milliseconds: number): void {
    if (this.#held === null) this.clock.advance(milliseconds);
    else this.#stoodStill += milliseconds;
  }

  freeze(): void {
    this.#held = [];
  }

  thaw(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.clock.stall(this.#stoodStill);
    this.clock.fireTimers();
    this.#stoodStill = 0;
    for (const [event, values] of held) this.presence.take(event, values);
  }
}

class Site {
  readonly told: string[] = [];
  /** What processes have sent each other, and how many values that had. */
  readonly messages: [event: string, count: number][] = [];
  living: Process[] = [];
  #count = 0;

  constructor(count: number) {
    for (let number = 0; number < count; number += 1) this.start();
    this.pass(2000);
  }

  start(): Process {
    this.#count += 1;
    const process = new Process(this, `node ${this.#count}`);
    for (const other of this.living) {
      other.known.add(process);
      process.known.add(other);
      other.presence.onServerJoined();
      process.presence.onServerJoined();
    }
    this.living.push(process);
    return process;
  }

  /** A process is killed; the others notice later, one after the other. */
  kill(process: Process, noticedAfter = 10_000): void {
    this.living = this.living.filter((other) => other !== process);
    this.pass(noticedAfter);
    this.miss(process);
  }

  /** The others have heard nothing of a process for too long. */
  miss(process: Process): void {
    for (const other of this.living) {
      if (!other.known.delete(process)) continue;
      other.presence.onServerLeft(process.name);
      this.pass(700);
    }
  }

  pass(milliseconds: number): void {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      for (const process of this.living) process.pass(Math.min(50, milliseconds - passed));
    }
  }

  at(index: number): Process {
    return this.living[index] as Process;
  }
}

const rooms = Array.from({ length: 40 }, (_, number) => `user:${number}`);

describe("Presence", () => {
  it("tells once of a room that gets its first member anywhere, and once when it has had none for a while", () => {
    const site = new Site(4);
    for (const room of rooms) site.at(0).open(room);
    for (const room of rooms) site.at(1).open(room);
    expect(site.told.toSorted()).toEqual(rooms.map((room) => `${room} online`).toSorted());
    site.told.length = 0;
    for (const room of rooms) site.at(0).empty(room);
    site.pass(2 * grace);
    expect(site.told).toEqual([]);
    for (const room of rooms) site.at(1).empty(room);
    site.pass(grace - 50);
    expect(site.told).toEqual([]);
    site.pass(100);
    expect(site.told.toSorted()).toEqual(rooms.map((room) => `${room} offline`).toSorted());
  });

  it("says nothing of a member that comes back in time, to any process, and of other rooms", () => {
    const site = new Site(3);
    site.at(0).open("user:1");
    site.at(0).open("table:1");
    site.at(0).empty("user:1");
    site.at(0).empty("table:1");
    site.pass(grace - 100);
    site.at(2).open("user:1");
    site.pass(2 * grace);
    expect(site.told).toEqual(["user:1 online"]);
  });

  it("tells once of the rooms of a killed process, except those whose members came back", () => {
    const site = new Site(4);
    const victim = site.at(3);
    for (const room of rooms) victim.open(room);
    site.told.length = 0;
    site.living = site.living.filter((process) => process !== victim);
    site.pass(1000);
    for (const room of rooms.slice(0, 20)) site.at(1).open(room);
    site.pass(9000);
    site.miss(victim);
    site.pass(2 * grace);
    const gone = rooms.slice(20).map((room) => `${room} offline`);
    expect(site.told.toSorted()).toEqual(gone.toSorted());
  });

  it("has an heir tell what was on a process to tell that is killed at that moment", () => {
    const site = new Site(3);
    for (const room of rooms) site.at(0).open(room);
    site.told.length = 0;
    for (const room of rooms) site.at(0).empty(room);
    site.kill(site.at(2), grace + 7000);
    expect(site.told.toSorted()).toEqual(rooms.map((room) => `${room} offline`).toSorted());
  });

  it("learns the occupied rooms when a process appears, and tells no changes for them", () => {
    const site = new Site(2);
    for (const room of rooms) site.at(0).open(room);
    site.told.length = 0;
    site.start();
    site.pass(5000);
    expect(site.told).toEqual([]);
    for (const room of rooms) site.at(0).empty(room);
    site.pass(2 * grace);
    expect(site.told.toSorted()).toEqual(rooms.map((room) => `${room} offline`).toSorted());
  });

  it("tells a process that comes of many rooms in messages that no broker refuses, each process once", () => {
    const site = new Site(4);
    const many = Array.from({ length: 2100 }, (_, number) => `user:${number}`);
    for (const room of many) site.at(0).presence.onRoomOpen("/", room);
    site.at(0).clock.endTick();
    site.told.length = 0;
    site.messages.length = 0;
    site.start();
    site.pass(5000);
    const accounts = site.messages.filter(([event]) => event === presenceEvents.rooms);
    // One with many rooms, in five parts, and four with none: one account answers several requests.
    expect(accounts.length).toBeLessThanOrEqual(2 * (5 + 4));
    expect(Math.max(...site.messages.map(([, count]) => count))).toBeLessThanOrEqual(503);
    for (const room of many) site.at(0).presence.onRoomEmpty("/", room);
    site.at(0).clock.endTick();
    expect(Math.max(...site.messages.map(([, count]) => count))).toBeLessThanOrEqual(503);
    site.pass(2 * grace);
    expect(site.told.toSorted()).toEqual(many.map((room) => `${room} offline`).toSorted());
  });

  it("takes a process back that stood still, which tells nothing of what others have told", () => {
    const site = new Site(3);
    const frozen = site.at(2);
    for (const room of rooms) frozen.open(room);
    for (const room of rooms) site.at(0).open(`${room} too`);
    site.pass(100);
    site.told.length = 0;
    for (const room of rooms.slice(0, 10)) site.at(0).empty(`${room} too`);
    frozen.freeze();
    site.pass(1000);
    for (const room of rooms.slice(10, 20)) site.at(0).empty(`${room} too`);
    for (const room of rooms.slice(20, 30)) site.at(0).open(`${room} new`);
    site.pass(11_000);
    site.miss(frozen);
    site.pass(2 * grace);
    const expected = [
      ...rooms.map((room) => `${room} offline`),
      ...rooms.slice(0, 20).map((room) => `${room} too offline`),
      ...rooms.slice(20, 30).map((room) => `${room} new online`),
    ];
    expect(site.told.toSorted()).toEqual(expected.toSorted());
    site.told.length = 0;
    frozen.thaw();
    for (const other of site.living.filter((process) => process !== frozen)) {
      other.known.add(frozen);
      other.presence.onServerJoined();
    }
    site.pass(4 * grace);
    // Its members never left it.
    expect(site.told.toSorted()).toEqual(rooms.map((room) => `${room} online`).toSorted());
  });

  it("counts no process as gone while it is cut off, and finds out afterwards", () => {
    const site = new Site(3);
    for (const room of rooms) site.at(0).open(room);
    site.pass(100);
    site.told.length = 0;
    const [one, two, three] = [site.at(0), site.at(1), site.at(2)];
    for (const process of site.living) process.isReachable = false;
    one.empty("user:0");
    site.pass(4 * grace);
    for (const process of site.living) {
      for (const other of process.known) process.presence.onServerLeft(other.name);
    }
    site.living = [one, two];
    for (const process of site.living) {
      process.known.delete(three);
      process.isReachable = true;
      process.presence.onServerJoined();
    }
    site.pass(2 * grace);
    expect(site.told).toEqual(["user:0 offline"]);
  });

  it("leaves telling to those that serve", () => {
    const site = new Site(2);
    site.at(0).isServer = false;
    for (const room of rooms) site.at(1).open(room);
    expect(site.told).toHaveLength(rooms.length);
    site.at(1).isServer = false;
    site.at(1).open("user:more");
    expect(site.told).toHaveLength(rooms.length);
  });

  const odd: [string, unknown[]][] = [
    null,
    7,
    ["/"],
    ["/", 7, true],
    ["/", "user:0", "yes"],
    [{}, "user:0", true],
  ].flatMap((entry): [string, unknown[]][] => [
    [presenceEvents.rooms, ["node 9", 0, 0, ["/", "user:1", true], entry]],
    [presenceEvents.told, [["/", "user:1", true], entry]],
  ]);
  odd.push([presenceEvents.rooms, [{}, 0, 0, ["/", "user:2", true]]]);
  odd.push([presenceEvents.rooms, ["node 9", "1", 1, ["/", "user:3", true]]]);
  it.each(odd)("refuses what another version may send, and takes nothing of it: %s %j", (event, values) => {
    const site = new Site(1);
    expect(() => site.at(0).presence.take(event, values)).toThrow("does it run another version?");
    site.pass(2 * grace);
    expect(site.told).toEqual([]);
  });

  it("logs what a handler throws", async () => {
    const log = new LogLines();
    const presence = new Presence({ others: () => null, clock: new FakeClock(), logger: log });
    const fail = () => {
      throw new Error("no");
    };
    presence.watch({ prefix: "", namespace: "/", grace, online: fail, offline: null });
    presence.onRoomOpen("/", "a");
    await expect
      .poll(() => log.lines)
      .toEqual(['error The presence handler "online" failed for "a": Error: no']);
    presence.close();
  });
});
