import { describe, expect, it } from "vitest";
import { ExpectedEvents } from "../../src/testing/expected-events.ts";

describe("ExpectedEvents", () => {
  it("resolves all waits for an event with the first one, in its namespace", async () => {
    const events = new ExpectedEvents();
    const waits = [events.expect("/", "said"), events.expect("/", "said")];
    const other = events.expect("/chat", "said");
    events.hear("/", "other", [0]);
    events.hear("/", "said", [1, 2]);
    events.hear("/", "said", [3]);
    events.hear("/chat", "said", []);
    expect(await Promise.all([...waits, other].map(({ came }) => came))).toEqual([[1, 2], [1, 2], []]);
  });

  it("ends the waits in a namespace that the client leaves", async () => {
    const events = new ExpectedEvents();
    const [here, there] = [events.expect("/", "said"), events.expect("/chat", "said")];
    events.end("/", new Error("gone"));
    events.hear("/chat", "said", ["yes"]);
    await expect(here.came).rejects.toThrow("gone");
    expect(await there.came).toEqual(["yes"]);
  });

  it("forgets a wait", async () => {
    const events = new ExpectedEvents();
    const { came, forget } = events.expect("/", "said");
    forget();
    events.hear("/", "said", [1]);
    expect(await Promise.race([came, Promise.resolve("nothing")])).toBe("nothing");
  });
});
