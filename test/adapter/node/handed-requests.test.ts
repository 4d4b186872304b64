import { once } from "node:events";
import { createServer, get, type IncomingMessage, request as requestOf } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { HandedRequests } from "../../../src/adapter/node/handed-requests.ts";
import { NodeAdapter } from "../../../src/adapter/node/node-adapter.ts";
import { FakeSink } from "../fake-sink.ts";

const options = { maxHttpBufferSize: 1000, maxFragments: 10, perMessageDeflate: false, directSockets: true };

/** A server that hands over all its requests, on loopback. */
async function start() {
  const requests = new HandedRequests();
  const sink = new FakeSink();
  const adapter = new NodeAdapter(requests, sink, options);
  const { handlers } = requests;
  const server = createServer(handlers.request).on("upgrade", handlers.upgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { adapter, sink, handlers, requests, url: `http://127.0.0.1:${port}` };
}

async function statusOf(url: string): Promise<number | undefined> {
  const [response] = (await once(get(url), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function upgradeStatusOf(url: string, upgrade = "websocket"): Promise<number | undefined> {
  const request = requestOf(url, { headers: { connection: "Upgrade", upgrade } }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe("HandedRequests", () => {
  it("hands requests to their tenant, and knows whether their server listens on loopback", async () => {
    const { sink, handlers, requests, url } = await start();
    const loopback: boolean[] = [];
    sink.onRequest = (exchange) => {
      loopback.push(exchange.listensOnLoopback);
      exchange.respond({ status: 202, headers: {} });
    };
    sink.onUpgrade = (exchange) => {
      loopback.push(exchange.listensOnLoopback);
      exchange.refuse({ status: 418, headers: {} });
    };
    expect(requests.listensOnLoopback).toBe(false);
    expect(await statusOf(`${url}/socket.io/?EIO=4`)).toBe(202);
    expect(await upgradeStatusOf(`${url}/socket.io/?EIO=4`)).toBe(418);
    expect(loopback).toEqual([true, true]);
    expect([
      handlers.owns({ url: "/socket.io/?EIO=4" }),
      handlers.owns({ url: "/" }),
      handlers.owns({}),
    ]).toEqual([true, false, false]);
  });

  it("refuses requests of others, and upgrades to something else", async () => {
    const { url } = await start();
    expect(await statusOf(`${url}/news`)).toBe(404);
    expect(await upgradeStatusOf(`${url}/news`)).toBe(404);
    expect(await upgradeStatusOf(`${url}/socket.io/`, "h2c")).toBe(400);
  });

  it("owns and takes nothing after its tenant has left", async () => {
    const { adapter, handlers, url } = await start();
    adapter.detach();
    expect(await statusOf(`${url}/socket.io/`)).toBe(503);
    expect(await upgradeStatusOf(`${url}/socket.io/`)).toBe(503);
    expect(handlers.owns({ url: "/socket.io/" })).toBe(false);
  });
});
