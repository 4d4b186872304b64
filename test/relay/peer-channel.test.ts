import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { connect, createServer, type TLSSocket } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { clientChannel, type PeerKey, serverChannel } from "../../src/relay/peer-channel.ts";

/** A handshake between two processes in memory. Resolves to the client's side; rejects where it fails. */
async function shakeHands(keys: readonly PeerKey[], key: Uint8Array, identity?: string): Promise<TLSSocket> {
  const [serverSide, clientSide] = duplexPair();
  const server = createServer(serverChannel(keys), (socket) => socket.end("hello"));
  const address = { host: "10.0.0.1", port: 1, key, ...(identity === undefined ? {} : { identity }) };
  const { host: _host, port: _port, ...channel } = clientChannel(address);
  const client = connect({ socket: clientSide, ...channel });
  client.on("error", () => {});
  onTestFinished(() => void client.destroy());
  const refused = once(server, "tlsClientError").then(([error]) => Promise.reject(error));
  refused.catch(() => {});
  server.emit("connection", serverSide);
  await Promise.race([once(client, "secureConnect"), refused]);
  expect(String((await once(client, "data"))[0])).toBe("hello");
  return client;
}

const key = randomBytes(32);
const own: PeerKey = { identity: "roomcast", key };

it("connects processes that share a key, which has a name only where there are several", async () => {
  await shakeHands([own], key);
  const other = { identity: "next", key: randomBytes(32) };
  await shakeHands([own, other], other.key, "next");
  await shakeHands([own, other], key);
});

it("encrypts with a secret of the connection's own, so that a key that leaks later opens no old traffic", async () => {
  const client = await shakeHands([own], key);
  expect(client.getCipher().name).toMatch(/^ECDHE-PSK-/);
  expect(client.getProtocol()).toBe("TLSv1.2");
});

it.each<[string, Uint8Array, string | undefined]>([
  ["another key", randomBytes(32), undefined],
  ["the key under a name that the server does not know", key, "stranger"],
  ["the name of another key", key, "next"],
])("lets no process in that has %s", async (_what, shown, identity) => {
  const keys = [own, { identity: "next", key: randomBytes(32) }];
  await expect(shakeHands(keys, shown, identity)).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_SSL_/),
  });
});
