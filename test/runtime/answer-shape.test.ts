/** The heap cost of HTTP answers, on the current version of Node. */

import { createServer, type IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { SocketIO } from "../../src/index.ts";
import { haveSameHiddenClass } from "../support/hidden-class.ts";

/** The header fields of all answers, as Node received them. */
const seen: object[] = [];

class WatchedResponse<Request extends IncomingMessage> extends ServerResponse<Request> {
  override writeHead(status: number, ...rest: unknown[]): this {
    seen.push(rest[0] as object);
    return Reflect.apply(super.writeHead, this, [status, ...rest]) as this;
  }
}

const server = createServer({ ServerResponse: WatchedResponse });
afterEach(() => server.close());

it("gives the header fields of equal answers one hidden class", async () => {
  const socketio = new SocketIO(server, { cors: { origin: ["https://app.example"] } });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  // The first answers create the class.
  for (let count = 0; count < 20; count += 1) {
    const { status, headers } = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`);
    expect([status, headers.get("vary")]).toEqual([200, "Origin"]);
  }
  expect(seen).toHaveLength(20);
  for (const fields of seen.slice(-5)) expect(haveSameHiddenClass(fields, seen[10] ?? {})).toBe(true);
  await socketio.stop();
});
