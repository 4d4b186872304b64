import { describe, expect, it } from "vitest";
import type { AckListener } from "../../src/core/model/ack-listener.ts";
import { everyoneIn } from "../../src/core/model/target.ts";
import { jsonCodec } from "../../src/core/packet/codec.ts";
import { linked } from "./linked-site.ts";
import { everyone, only, room } from "./site.ts";

describe("LocalOperations", () => {
  it("delivers an event that another process has encoded, without reading it", () => {
    const { site, peer } = linked();
    const event = { prefix: "51-", body: "[not JSON]", attachments: [Buffer.from([1])] };
    site.hub.local.deliver(everyone, event, {});
    site.hub.local.deliver(everyoneIn("/nowhere"), event, {});
    expect(peer.heard()).toEqual(["451-[not JSON]", Buffer.from([1])]);
  });

  it("keeps events of another process for a client that is away, and stays subscribed to its rooms", async () => {
    const { site, watched, peer, socket } = linked({
      maxDisconnection: 60_000,
      maxSessions: 10,
      maxSessionBytes: 1_000_000,
      maxEvents: 10,
      maxBytes: 1000,
      retention: 60_000,
    });
    const listenedTo = () => {
      const count = (change: string) => watched.filter((told) => told === change).length;
      return ["/", "a", "b"].filter((name) => count(`${name} opens`) > count(`${name} is empty`));
    };
    await site.hub.operations.join(only(socket), "a");
    peer.drop();
    expect(listenedTo()).toEqual(["/", "a"]);
    site.hub.local.apply({ type: "join", target: only(socket), rooms: ["b"] });
    site.hub.local.apply({ type: "leave", target: only(socket), rooms: ["a"] });
    expect(listenedTo()).toEqual(["/", "b"]);
    site.hub.local.onGap();
    expect(site.lost.map(({ rooms }) => rooms)).toEqual([["b"]]);
    expect(listenedTo()).toEqual([]);
  });

  it("collects the answers of its own clients for another process", () => {
    const { site, told, peer, socket } = linked();
    const heard: unknown[] = [];
    const listener: AckListener = {
      onAnswer: (sid, values) => void heard.push([sid, values]),
      onFailure: (sid, failure) => void heard.push([sid, failure]),
      onEnd: () => void heard.push("end"),
    };
    site.hub.local.inquire(everyone, jsonCodec.event("/", "ask", []), 1000, listener);
    peer.say("431[1]");
    expect(heard).toEqual([[socket.sid, [1]], "end"]);
    expect(told).toEqual([]);
  });

  it("carries out operations of another process, and does not pass them on", () => {
    const { site, told, peer, socket } = linked();
    site.hub.local.apply({ type: "join", target: everyone, rooms: ["house"] });
    expect([...socket.rooms]).toEqual(["house"]);
    site.hub.local.apply({ type: "leave", target: only(socket), rooms: ["house"] });
    site.hub.local.apply({ type: "join", target: room(socket.sid), rooms: ["kitchen"] });
    site.hub.local.apply({ type: "close room", namespace: "/", room: "kitchen" });
    expect([...socket.rooms]).toEqual([]);
    site.hub.local.apply({ type: "disconnect", target: everyone, close: true, notice: null });
    expect(peer.heard()).toEqual(["41"]);
    expect(told).toEqual([]);
  });
});
