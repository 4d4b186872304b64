import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { PeerAddress } from "../../src/relay/peer-channel.ts";
import { PeerRelay } from "../../src/relay/peer-relay.ts";
import { FakeExchange, FakeUpgradeExchange, fakeRequest } from "../support/fake-exchange.ts";
import { soon } from "../support/waiting.ts";

const limits = { maxLength: 1000, longestSilence: 45_000, patience: 10_000, maxWaitingUpgrades: 1 };

/** Nothing listens there. */
const gone: PeerAddress = { host: "127.0.0.1", port: 1, key: new Uint8Array(32) };

let relay: PeerRelay;
beforeEach(() => {
  relay = new PeerRelay("here", { addressOf: (node) => (node === "there" ? gone : undefined) }, limits);
  onTestFinished(() => relay.close());
});

const pollOf = (id: string, query = "") =>
  new FakeExchange(fakeRequest(`/socket.io/?EIO=4&transport=polling&sid=${id}${query}`));
const upgradeOf = (id: string) =>
  new FakeUpgradeExchange(fakeRequest(`/socket.io/?EIO=4&transport=websocket&sid=${id}`));

describe("a request", () => {
  it.each([
    ["an id without a process", "abc"],
    ["an empty id", ""],
    ["an id of no process", ".abc"],
    ["an id of a process that is not there", "elsewhere.abc"],
  ])("is left to its own process with %s", (_what, id) => {
    expect(relay.relayRequest(id, pollOf(id))).toBe(false);
    expect(relay.relayUpgrade(id, upgradeOf(id))).toBe(false);
  });

  it("is left to its own process when the relay has closed", () => {
    relay.close();
    expect(relay.relayRequest("there.abc", pollOf("there.abc"))).toBe(false);
    expect(relay.relayUpgrade("there.abc", upgradeOf("there.abc"))).toBe(false);
  });

  it("has an unknown session where the owner of its connection has just gone", async () => {
    const [poll, upgrade] = [pollOf("there.abc"), upgradeOf("there.abc")];
    expect(relay.relayRequest("there.abc", poll)).toBe(true);
    expect(relay.relayUpgrade("there.abc", upgrade)).toBe(true);
    await soon(() => [poll.status, upgrade.refusal?.status]).toEqual([400, 400]);
    for (const body of [poll.response?.body, upgrade.refusal?.body])
      expect(body).toBe('{"code":1,"message":"Session ID unknown"}');
  });

  it("that cannot be sent on is a bad one, and no fault of the server", () => {
    const poll = pollOf("there.abc", "&x=a b");
    expect(relay.relayRequest("there.abc", poll)).toBe(true);
    expect(poll.text).toBe('{"code":3,"message":"Bad request"}');
  });

  it("for a WebSocket is refused while as many as may wait for their owners", async () => {
    const [first, second] = [upgradeOf("there.a"), upgradeOf("there.b")];
    relay.relayUpgrade("there.a", first);
    expect(relay.relayUpgrade("there.b", second)).toBe(true);
    expect(second.refusal?.status).toBe(503);
    await soon(() => first.refusal?.status).toBe(400);
    // The one that waited has its answer, so there is room again.
    await soon(() => {
      const next = upgradeOf("there.c");
      relay.relayUpgrade("there.c", next);
      return next.refusal?.status;
    }).toBe(undefined);
  });
});

it("gives its connections ids that lead to this process", () => {
  expect(relay.prefix).toBe("here.");
});
