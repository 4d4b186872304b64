import { describe, expect, it } from "vitest";
import { generateNodeId } from "../../../src/backplane/cluster/node-id.ts";
import {
  namespaceSubject,
  nodeOfSid,
  nodeSubject,
  roomSubject,
} from "../../../src/backplane/cluster/subjects.ts";
import { generateId } from "../../../src/base/id.ts";
import { generateSid, sidGenerator } from "../../../src/core/model/sid.ts";

describe("subjects", () => {
  it("lead messages for a client to its process", () => {
    const node = generateNodeId();
    const sid = sidGenerator(node)();
    expect(nodeOfSid(sid)).toBe(node);
    expect(roomSubject("/", sid)).toBe(nodeSubject(node));
    expect(roomSubject("/chat", sid)).toBe(nodeSubject(node));
  });

  it("are the rooms' own for all names but clients' ids", () => {
    for (const room of [
      "lobby",
      generateId(),
      generateNodeId() + generateId(),
      generateSid(),
      `x${sidGenerator(generateNodeId())()}`.slice(0, -1),
      "x".repeat(30),
      "ö".repeat(31),
      "a b".padEnd(31),
      "x".repeat(32),
    ]) {
      expect(nodeOfSid(room)).toBeUndefined();
      expect(roomSubject("/", room)).toBe(`r:/,${room}`);
    }
  });

  it("differ for different rooms and namespaces", () => {
    const long = "x".repeat(300);
    const subjects = [
      roomSubject("/", "a"),
      roomSubject("/a", ""),
      roomSubject("/", "/a"),
      namespaceSubject("/"),
      namespaceSubject("/,a"),
      roomSubject("/", long),
      roomSubject("/", `${long}x`),
      namespaceSubject(long),
    ];
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  it("are never longer than brokers take", () => {
    expect(roomSubject("/", "ö".repeat(10_000)).length).toBeLessThan(60);
  });
});
