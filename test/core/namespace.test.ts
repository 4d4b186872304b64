import { describe, expect, it } from "vitest";
import { EventPacket } from "../../src/core/event-packet.ts";
import { Namespace } from "../../src/core/namespace.ts";
import type { Socket } from "../../src/core/socket.ts";
import { acceptedSocket, type FakeClient } from "./lone-socket.ts";
import { FakeHandlers } from "./site.ts";

/** Ada and Bob are in the kitchen, Bob and Cem in the attic, Dora in no room. */
function house() {
  const namespace = new Namespace("/", new FakeHandlers());
  const clients: Record<string, FakeClient> = {};
  const sockets: Record<string, Socket> = {};
  for (const name of ["ada", "bob", "cem", "dora"]) {
    const { socket, client } = acceptedSocket(name);
    namespace.add(socket);
    sockets[name] = socket;
    clients[name] = client;
  }
  const join = (name: string, room: string) => {
    const socket = sockets[name];
    if (socket !== undefined) namespace.rooms.join(socket, room);
  };
  join("ada", "kitchen");
  join("bob", "kitchen");
  join("bob", "attic");
  join("cem", "attic");
  return { namespace, clients, sockets, join };
}

const everyone = ["ada", "bob", "cem", "dora"];
const cases: [what: string, rooms: string[] | null, skip: string[] | null, reached: string[]][] = [
  ["everyone", null, null, everyone],
  ["everyone but some", null, ["bob", "dora", "nobody"], ["ada", "cem"]],
  ["one room", ["kitchen"], null, ["ada", "bob"]],
  ["one room without one of its members", ["kitchen"], ["ada"], ["bob"]],
  ["one client by its sid", ["dora"], null, ["dora"]],
  ["one client by its sid, left out", ["dora"], ["dora"], []],
  ["several rooms, each member once", ["kitchen", "attic"], null, ["ada", "bob", "cem"]],
  ["rooms and clients, each once", ["attic", "bob", "dora", "kitchen"], null, everyone],
  ["the same room twice", ["kitchen", "kitchen"], null, ["ada", "bob"]],
  ["a room that nobody is in", ["cellar"], null, []],
  ["no room at all", [], null, []],
];

describe("Namespace", () => {
  it.each(cases)("reaches %s", (_what, rooms, skip, reached) => {
    const { namespace, clients } = house();
    const skipped = skip === null ? null : new Set(skip);
    const packet = new EventPacket("/", "ping", []).plain();
    expect(namespace.broadcast(packet, rooms, skipped)).toBe(reached.length);
    const heard = everyone.filter((name) => clients[name]?.sent.length === 1);
    expect(heard).toEqual(reached);
    expect(everyone.every((name) => (clients[name]?.sent.length ?? 0) <= 1)).toBe(true);

    const visited: string[] = [];
    namespace.visit(rooms, skipped, (socket) => visited.push(socket.sid));
    expect(visited.sort()).toEqual(reached);
  });

  it("reaches both a client and the room that is named like it", () => {
    const { namespace, clients, join } = house();
    join("ada", "dora");
    namespace.broadcast(new EventPacket("/", "ping", []).plain(), ["dora"], null);
    expect([clients.ada?.sent, clients.dora?.sent]).toEqual([['42["ping"]'], ['42["ping"]']]);
  });

  it("counts only those who took a packet", () => {
    const { namespace, clients } = house();
    if (clients.bob !== undefined) clients.bob.takes = false;
    expect(namespace.broadcast(new EventPacket("/", "ping", []).plain(), ["kitchen"], null)).toBe(1);
  });

  it("goes on when a client leaves while all are visited", () => {
    const { namespace, sockets } = house();
    const visited: string[] = [];
    namespace.visit(["kitchen"], null, (socket) => {
      visited.push(socket.sid);
      if (sockets.ada !== undefined) namespace.remove(sockets.ada);
    });
    expect(visited).toEqual(["ada", "bob"]);
  });

  it("finds clients by their sid while they are there", () => {
    const { namespace, sockets } = house();
    expect(namespace.socket("ada")).toBe(sockets.ada);
    expect([...namespace.sockets()]).toEqual(Object.values(sockets));
    if (sockets.ada !== undefined) namespace.remove(sockets.ada);
    expect(namespace.socket("ada")).toBeUndefined();
    expect(namespace.size).toBe(3);
    expect([...(namespace.rooms.members("kitchen") ?? [])]).toEqual([sockets.bob]);
  });
});
