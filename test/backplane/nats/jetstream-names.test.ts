import { describe, expect, it } from "vitest";
import { JetStreamNames } from "../../../src/backplane/nats/jetstream-names.ts";
import { nameIn, roomChannelIn } from "../../../src/backplane/stream/stream-link.ts";

/**
 * The limits of a server: for the name of a stream, and for a line of its protocol, which holds a subject.
 */
const maxStream = 255;
const maxLine = 4096;

const texts = [
  "a",
  "a.b *>",
  "\u0000\n\t",
  "x".repeat(90),
  "x".repeat(91),
  "ö".repeat(45),
  "ö".repeat(46),
  "€".repeat(255),
  "/".repeat(200),
  "y".repeat(201),
  "😀".repeat(1000),
];

function namesOf(channel: string, namespace: string) {
  return JetStreamNames.of(channel, nameIn(channel, namespace));
}

describe("names in JetStream", () => {
  it.each(texts)(
    "are such as a server takes, whatever channel, namespace and room are called (%#)",
    (text) => {
      const names = namesOf(text, `/${text}`);
      for (const stream of [names.events, names.clients]) {
        expect(stream).toMatch(/^[\w-]+$/);
        expect(stream.length).toBeLessThanOrEqual(maxStream);
      }
      const channels = texts.map((room) => roomChannelIn(nameIn(text, `/${text}`), room));
      const subjects = channels.flatMap((channel) => [names.storedUnder([channel]), names.heardOn(channel)]);
      for (const subject of [...subjects, names.record(text), names.node(text), names.probe]) {
        expect(subject).toMatch(/^[\w-]+(\.[\w-]+)+$/);
        // A server may be told to take shorter lines than is usual.
        expect(subject.length).toBeLessThan(maxLine / 8);
      }
      expect(new Set(subjects).size).toBe(2 * texts.length);
    },
  );

  it("differ for different namespaces", () => {
    const streams = ["", ...texts, "_YQ", "__", "d:a"].map((text) => namesOf("app", `/${text}`).events);
    expect(new Set(streams).size).toBe(streams.length);
  });

  it("tell whose clients a stream keeps, and take none for those of another application", () => {
    for (const text of texts) {
      const names = namesOf(text, `/${text}`);
      const found = JetStreamNames.ofClients(text, names.clients, [names.allRecords]);
      expect([found?.clients, found?.events, found?.everyone]).toEqual([
        names.clients,
        names.events,
        names.everyone,
      ]);
    }
    const others = namesOf("app-clients", "/x");
    expect(JetStreamNames.ofClients("app", others.clients, [others.allRecords])).toBeNull();
    expect(JetStreamNames.ofClients("app", namesOf("app", "/x").events, ["app.rec.x.>"])).toBeNull();
  });
});
