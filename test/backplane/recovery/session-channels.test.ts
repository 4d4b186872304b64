import { beforeEach, describe, expect, it } from "vitest";
import { SessionChannels } from "../../../src/backplane/recovery/session-channels.ts";
import { SessionState } from "../../../src/backplane/recovery/session-state.ts";
import { StreamChannels } from "../../../src/backplane/stream/stream-channels.ts";
import { MembershipHistory } from "../../../src/core/recovery/membership-history.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { deferred } from "../../support/waiting.ts";

const turn = () => new Promise(setImmediate);

let clock: FakeClock;
let subscriptions: Map<string, ReturnType<typeof deferred<void>>>;
let stream: { channels: StreamChannels; offset: number };
let channels: SessionChannels;

beforeEach(() => {
  clock = new FakeClock();
  subscriptions = new Map();
  const bus = {
    subscribe(channel: string) {
      const subscription = deferred();
      subscriptions.set(channel, subscription);
      return subscription.promise;
    },
    unsubscribe: (channel: string) => subscriptions.delete(channel),
  };
  stream = { channels: new StreamChannels("app{%2F}", bus, clock), offset: 0 };
  channels = new SessionChannels(stream);
});

/** A client in some rooms. */
function clientIn(...rooms: string[]): SessionState<{ pid: string; sid: string }> {
  const where = new MembershipHistory("ann");
  where.begin(0);
  for (const room of rooms) where.join(room)(0);
  return new SessionState({ pid: "secret of ann", sid: "ann" }, where, 1, true);
}

describe("the channels of a client", () => {
  it("are those of all clients, of itself, and of its rooms", () => {
    expect(channels.of(clientIn("red", "blue"))).toEqual([
      "app{%2F}:b",
      "app{%2F}:r:ann",
      "app{%2F}:r:red",
      "app{%2F}:r:blue",
    ]);
  });

  it("are held once while it is here, and released once", () => {
    const client = clientIn("red");
    channels.listen(client);
    channels.listen(client);
    clock.advance(10_000);
    expect([...subscriptions.keys()]).toEqual(["app{%2F}:r:ann", "app{%2F}:r:red"]);
    channels.unlisten(client);
    channels.unlisten(client);
    clock.advance(5000);
    expect([...subscriptions.keys()]).toEqual([]);
  });

  it("are confirmed when all subscriptions are, also those of rooms that it joins during the wait", async () => {
    const client = clientIn();
    channels.listen(client);
    let isConfirmed = false;
    void channels.confirmed(client).then(() => {
      isConfirmed = true;
    });
    client.where.join("red")(0);
    stream.channels.hold(stream.channels.room("red"));
    subscriptions.get("app{%2F}:r:ann")?.resolve();
    await turn();
    expect(isConfirmed).toBe(false);
    subscriptions.get("app{%2F}:r:red")?.resolve();
    await turn();
    expect(isConfirmed).toBe(true);
  });

  it("are not waited for when the client goes", async () => {
    const client = clientIn();
    channels.listen(client);
    const confirmed = channels.confirmed(client);
    channels.unlisten(client);
    subscriptions.get("app{%2F}:r:ann")?.resolve();
    client.where.join("red")(0);
    stream.channels.hold(stream.channels.room("red"));
    await confirmed;
  });
});

describe("the known offsets of a client", () => {
  it("are its latest event and the latest of all, until it goes", () => {
    const client = clientIn("red");
    channels.listen(client);
    stream.channels.note(stream.channels.room("red"), 3);
    stream.offset = 5;
    channels.look(client);
    expect([client.where.last, client.through]).toEqual([3, 5]);
    stream.channels.note(stream.channels.room("ann"), 6);
    stream.offset = 6;
    channels.unlisten(client);
    expect([client.where.last, client.through]).toEqual([6, 6]);
    stream.offset = 9;
    channels.look(client);
    expect([client.where.last, client.through]).toEqual([6, 6]);
  });
});
