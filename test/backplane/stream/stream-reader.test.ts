import { beforeEach, describe, expect, it } from "vitest";
import { encodeEntry, type UnsequencedEvent } from "../../../src/backplane/stream/stream-event.ts";
import { signedMark } from "../../../src/backplane/wire/signed-messages.ts";
import { eventFor } from "../../support/stream-node.ts";
import { everyone, name, Sites } from "./stream-site.ts";

let sites: Sites;

beforeEach(() => {
  sites = new Sites();
});

describe("a message of the broker", () => {
  it("is taken on the channels of its kind alone", async () => {
    const site = await sites.connected();
    const own = `${name}:n:one`;
    const room = `${name}:r:room`;
    const { stream } = site;
    const bytes = (event: UnsequencedEvent, offset = 1) =>
      Buffer.concat([Buffer.from(`e${stream.sync.epoch}:${offset}:`), encodeEntry("two", offset, event)]);
    stream.onMessage(own, bytes(eventFor(null, "on a node's channel")));
    stream.onMessage(everyone, Buffer.from("f1:1000"));
    stream.onMessage(everyone, Buffer.from("x2:pid"));
    stream.onMessage(own, Buffer.from("ptwo:0:message"));
    stream.onMessage(own, Buffer.from("g"));
    stream.onMessage(own, Buffer.from("z"));
    stream.onMessage(room, bytes(eventFor(null, "for everybody, on a room's channel")));
    stream.onMessage(room, bytes(eventFor(["other"], "for another room")));
    expect(site.told.filter((text) => text === "ignored: misplaced")).toHaveLength(8);
    expect(site.heard).toEqual(["up"]);
    stream.onMessage(everyone, bytes(eventFor(null, "one")));
    stream.onMessage(room, bytes(eventFor(["room"], "two"), 2));
    expect(site.delivered).toEqual(["one", "two"]);
  });

  it("reaches no client when it is for another namespace, or no event", async () => {
    const site = await sites.connected();
    const { stream } = site;
    const { target, event, compress } = eventFor(null, "x");
    const hear = (unsequenced: UnsequencedEvent, offset: number | string = 1) =>
      stream.onMessage(
        everyone,
        Buffer.concat([Buffer.from(`e${stream.sync.epoch}:${offset}:`), encodeEntry("two", 1, unsequenced)]),
      );
    hear({ target: { ...target, namespace: "/admin" }, event, compress });
    hear({ target, event: { ...event, prefix: "1" }, compress });
    hear({ target, event: { ...event, body: '["connect"]' }, compress });
    hear({ target, event, compress }, "x");
    stream.onMessage(everyone, Buffer.from(`e${stream.sync.epoch}:1:nothing`));
    expect(site.told.filter((text) => text === "ignored: unfit")).toHaveLength(5);
    expect(site.delivered).toEqual([]);
  });

  it("with a signature is told as such by a node without a secret", async () => {
    const site = await sites.connected();
    const { stream } = site;
    for (const start of [`e${stream.sync.epoch}:1:`, "p"])
      stream.onMessage(everyone, Buffer.concat([Buffer.from(start), Buffer.of(signedMark)]));
    expect(site.told.filter((text) => text.startsWith("ignored"))).toEqual([
      "ignored: signed",
      "ignored: signed",
    ]);
  });
});
