import { expect, it } from "vitest";
import { Heartbeats } from "../../../src/backplane/cluster/heartbeats.ts";
import { generateNodeId } from "../../../src/backplane/cluster/node-id.ts";
import { processLabel } from "../../../src/backplane/cluster/process-label.ts";
import {
  decodeMessage,
  type HeartbeatMessage,
  type ToldRelay,
} from "../../../src/backplane/wire/envelope.ts";
import { QueueSecret } from "../../../src/backplane/wire/queue-secret.ts";

const node = generateNodeId();
const key = new Uint8Array(32).fill(7);

function heartbeat(relay: ToldRelay | null): HeartbeatMessage {
  return { type: "heartbeat", origin: node, label: "a:1", occasion: "beat", isServer: true, relay };
}

it("say what this process is, and where it takes requests", () => {
  const heartbeats = new Heartbeats(node, null);
  expect(decodeMessage(heartbeats.encode({ occasion: "hello" }), "other")).toEqual({
    type: "heartbeat",
    origin: node,
    label: processLabel(),
    occasion: "hello",
    isServer: false,
    relay: null,
  });
  heartbeats.isServer = true;
  heartbeats.relay = { host: "10.0.0.1", port: 3000, key };
  expect(decodeMessage(heartbeats.encode({ occasion: "beat" }), "other")).toMatchObject({
    isServer: true,
    relay: { host: "10.0.0.1", port: 3000, key },
  });
});

it("take the address of another process with its key", () => {
  const relay = { host: "::1", port: 3000, key };
  expect(new Heartbeats("me", null).completed(heartbeat(relay)).relay).toEqual(relay);
});

it.each([
  ["a short key", { host: "10.0.0.1", port: 3000, key: new Uint8Array(8) }],
  ["no key", { host: "10.0.0.1", port: 3000, key: null }],
  ["no port", { host: "10.0.0.1", port: 0, key }],
  ["no host", { host: "a b", port: 3000, key }],
])("take no address with %s", (_, relay) => {
  expect(new Heartbeats("me", null).completed(heartbeat(relay)).relay).toBeNull();
});

it("find the key by the secret that processes share, and take none from a message", () => {
  const secret = new QueueSecret(["a secret of more than enough characters"], "roomcast");
  const told = { host: "10.0.0.1", port: 3000, key };
  expect(new Heartbeats("me", secret).completed(heartbeat(told)).relay).toEqual({
    host: "10.0.0.1",
    port: 3000,
    ...secret.relayKey(node),
  });
});
