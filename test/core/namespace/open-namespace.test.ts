import { describe, expect, it } from "vitest";
import { clientIn } from "../../../src/core/model/target.ts";
import { OpenNamespace } from "../../../src/core/namespace/open-namespace.ts";
import { jsonCodec } from "../../../src/core/packet/codec.ts";
import type { Socket } from "../../../src/core/socket/socket.ts";
import { acceptedSocket, type FakeClient } from "../lone-socket.ts";
import { FakeHandlers } from "../site.ts";

/** Ada and Bob are in the kitchen, Bob and Cem in the attic, Dora in no room. */
function house() {
  const namespace = new OpenNamespace("/", new FakeHandlers());
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

const room = (name: string) => ({ namespace: "/", sid: null, rooms: [name], skip: null });
const everyone = ["ada", "bob", "cem", "dora"];
const cases: [what: string, rooms: string[] | null, skip: string[] | null, reached: string[]][] = [
  ["everyone", null, null, everyone],
  ["everyone but some", null, ["bob", "dora", "nobody"], ["ada", "cem"]],
  ["one room", ["kitchen"], null, ["ada", "bob"]],
  ["one room without one of its members", ["kitchen"], ["ada"], ["bob"]],
  ["everyone but the members of a room", null, ["kitchen"], ["cem", "dora"]],
  ["one room without the members of another", ["attic"], ["kitchen", "dora"], ["cem"]],
  ["one client by its sid", ["dora"], null, ["dora"]],
  ["one client by its sid, left out", ["dora"], ["dora"], []],
  ["several rooms, each member once", ["kitchen", "attic"], null, ["ada", "bob", "cem"]],
  ["rooms and clients, each once", ["attic", "bob", "dora", "kitchen"], null, everyone],
  ["the same room twice", ["kitchen", "kitchen"], null, ["ada", "bob"]],
  ["a room without members", ["cellar"], null, []],
  ["no room at all", [], null, []],
];

describe("Namespace", () => {
  it.each(cases)("reaches %s", (_what, rooms, skip, reached) => {
    const { namespace, clients } = house();
    const target = { namespace: "/", sid: null, rooms, skip };
    const packet = jsonCodec.event("/", "ping", []).plain();
    expect(namespace.broadcast(packet, target)).toBe(reached.length);
    const heard = everyone.filter((name) => clients[name]?.sent.length === 1);
    expect(heard).toEqual(reached);
    expect(everyone.every((name) => (clients[name]?.sent.length ?? 0) <= 1)).toBe(true);

    const selected = namespace.select(target).map(({ sid }) => sid);
    expect(selected.sort()).toEqual(reached);
  });

  it("reaches both a client and the room that is named like it", () => {
    const { namespace, clients, join } = house();
    join("ada", "dora");
    namespace.broadcast(jsonCodec.event("/", "ping", []).plain(), room("dora"));
    expect([clients.ada?.sent, clients.dora?.sent]).toEqual([['42["ping"]'], ['42["ping"]']]);
  });

  it("counts only the sockets that took a packet", () => {
    const { namespace, clients } = house();
    if (clients.bob !== undefined) clients.bob.takes = false;
    expect(namespace.broadcast(jsonCodec.event("/", "ping", []).plain(), room("kitchen"))).toBe(1);
  });

  it("reaches all of many, past those that are gone, in the order in which they came", () => {
    const namespace = new OpenNamespace("/", new FakeHandlers());
    const heard: string[] = [];
    for (let index = 0; index < 100; index += 1) {
      const { socket, client } = acceptedSocket(`client ${index}`);
      client.takes = index >= 40 && index !== 70;
      client.sent.push = (...texts) => heard.push(`${index} ${texts}`);
      namespace.add(socket);
    }
    const packet = jsonCodec.event("/", "ping", []).plain();
    expect(namespace.broadcast(packet, { namespace: "/", sid: null, rooms: null, skip: ["client 50"] })).toBe(
      58,
    );
    const reached = Array.from({ length: 100 }, (_, index) => index).filter((index) => index >= 40);
    expect(heard).toEqual(
      reached.filter((index) => index !== 50 && index !== 70).map((index) => `${index} 42["ping"]`),
    );
  });

  it("reaches one client alone that is named by its sid, whatever rooms others have joined", () => {
    const { namespace, clients, join } = house();
    join("ada", "dora");
    const target = clientIn("/", "dora");
    expect(namespace.select(target).map(({ sid }) => sid)).toEqual(["dora"]);
    expect(namespace.broadcast(jsonCodec.event("/", "ping", []).plain(), target)).toBe(1);
    expect([clients.ada?.sent, clients.dora?.sent]).toEqual([[], ['42["ping"]']]);
    expect(namespace.select(clientIn("/", "nobody"))).toEqual([]);
    expect(namespace.select(clientIn("/", undefined))).toEqual([]);
  });

  it("selects a list that does not change when a client leaves", () => {
    const { namespace, sockets } = house();
    const visited: string[] = [];
    for (const socket of namespace.select(room("kitchen"))) {
      visited.push(socket.sid);
      if (sockets.bob !== undefined) namespace.remove(sockets.bob);
    }
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
