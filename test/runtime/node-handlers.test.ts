/** Servers that others make, to which `handlers()` gives the requests that are Roomcast's. */

import { once } from "node:events";
import { createServer } from "node:http";
import { fromNodeUpgradeHandler } from "crossws/adapters/node";
import { serve as serveCrossws } from "crossws/server/node";
import { defineWebSocketHandler, fromNodeHandler, H3 } from "h3";
import { emit, SocketIO } from "roomcast";
import { fetchNodeHandler } from "srvx/node";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, next, transports, upgraded } from "./support/clients.ts";
import { listen, urlOf } from "./support/http.ts";

function create() {
  const socketio = new SocketIO();
  socketio.on("say", (text: string) => {
    emit("said", text, { broadcast: true });
    return "delivered";
  });
  onTestFinished(() => socketio.stop());
  return { socketio, ...socketio.handlers() };
}

type Made = ReturnType<typeof create>;

/** What serves, and how it is started: returns its URL. */
const servers: [name: string, start: (made: Made) => Promise<string>][] = [
  [
    "node:http",
    async ({ owns, request, upgrade }) => {
      const server = createServer((req, res) => {
        if (owns(req)) request(req, res);
        else res.end("home");
      });
      return urlOf(await listen(server.on("upgrade", upgrade)));
    },
  ],
  [
    "crossws",
    ({ owns, request, upgrade }) =>
      ready(
        serveCrossws({
          port: 0,
          hostname: "127.0.0.1",
          silent: true,
          fetch: (web) => {
            const { pathname, search } = new URL(web.url);
            return owns({ url: pathname + search }) ? fetchNodeHandler(request, web) : new Response("home");
          },
          websocket: fromNodeUpgradeHandler(upgrade),
        }),
      ),
  ],
  [
    "h3",
    ({ request, upgrade }) => {
      const app = new H3();
      const [polling, webSocket] = [
        fromNodeHandler(request),
        defineWebSocketHandler(fromNodeUpgradeHandler(upgrade)),
      ];
      app.get("/", () => "home");
      app.all("/socket.io/", (event) =>
        event.req.headers.get("upgrade") === "websocket" ? webSocket(event) : polling(event),
      );
      return ready(
        serveCrossws({ port: 0, hostname: "127.0.0.1", silent: true, fetch: app.fetch, websocket: {} }),
      );
    },
  ],
];

async function ready(server: ReturnType<typeof serveCrossws>): Promise<string> {
  await server.ready();
  onTestFinished(() => server.close(true));
  return String(server.url).replace(/\/$/, "");
}

describe.each(servers)("with handlers() on %s", (_name, start) => {
  it.each(transports)("clients connect over %s, beside the application's pages", async (transport) => {
    const made = create();
    const url = await start(made);
    const [ada, bob] = [
      await connect(url, { transports: [transport] }),
      await connect(url, { transports: [transport] }),
    ];
    const said = next(bob, "said");
    expect(await ada.timeout(15_000).emitWithAck("say", "hello")).toBe("delivered");
    expect(await said).toBe("hello");
    expect(await (await fetch(url)).text()).toBe("home");
    expect(made.socketio.clientCount).toBe(2);
  });

  it("a client moves from polling to a WebSocket, and stop() ends its connection", async () => {
    const made = create();
    const client = await connect(await start(made));
    await upgraded(client);
    const gone = once(client as never, "disconnect");
    await made.socketio.stop();
    expect((await gone)[0]).toBe("transport close");
  });
});
