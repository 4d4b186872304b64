import { describe, expect, it } from "vitest";
import { nameIn, namespaceOf, roomChannelIn } from "../../../src/backplane/stream/stream-link.ts";

const long = "ö".repeat(10_000);

describe("the names of recoverable namespaces in a broker", () => {
  it("hold the namespace, which can be read again", () => {
    for (const namespace of ["/", "/chat", "/a b{c}:d", "/ö", "/d:x"]) {
      expect(namespaceOf(nameIn("app", namespace))).toEqual({ namespace });
    }
    expect(nameIn("app", "/chat")).toBe("app{%2Fchat}");
  });

  it("stay short for namespaces and rooms with long names, and differ for different ones", () => {
    const names = [long, `${long}x`, long.slice(1)].map((text) => nameIn("app", `/${text}`));
    const channels = [long, `${long}x`, "r".repeat(256), "r".repeat(257)].map((room) =>
      roomChannelIn("app{x}", room),
    );
    for (const name of [...names, ...channels]) expect(name.length).toBeLessThan(60);
    expect(new Set([...names, ...channels]).size).toBe(7);
  });

  it("are never those of a room that is called like a digest", () => {
    const channel = roomChannelIn("app{x}", long);
    const digest = channel.slice(channel.lastIndexOf(":") + 1);
    for (const room of [digest, `d:${digest}`, `:d:${digest}`]) {
      expect(roomChannelIn("app{x}", room)).not.toBe(channel);
    }
  });

  it("exist for text that is not valid Unicode", () => {
    expect(nameIn("app", "/\ud800")).toBe("app{%2F%EF%BF%BD}");
  });
});
