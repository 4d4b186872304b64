/** A parser besides the two of Roomcast: the example of docs/parsers.md, in a stock client. */

import { readFileSync } from "node:fs";
import { args, request } from "roomcast";
import { describe, expect, it } from "vitest";
import { jsonParser } from "../support/own-parser.ts";
import { startServer } from "../support/server.ts";
import { ask, connected, type StockOptions, stockClientsOver } from "../support/stock-client.ts";
import { soon } from "../support/waiting.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const { parser } = (await import(new URL("../support/own-parser-client.js", import.meta.url).href)) as {
  parser: NonNullable<StockOptions["parser"]>;
};
const text = "日本語 👩‍👩‍👧";

it("is the one on the page", () => {
  const page = read("../../docs/parsers.md");
  for (const half of ["../support/own-parser.ts", "../support/own-parser-client.js"]) {
    const [, ...code] = read(half).split("*/\n\n");
    expect(page).toContain(code.join("").replaceAll("export ", ""));
  }
});

describe.each(stockClientsOver("upgrade").filter(({ version }) => version === "4.8"))(
  "%s, with a parser of one's own",
  (client) => {
    it("exchanges events and acknowledgements", async () => {
      const { socketio, url } = await startServer({ parser: jsonParser });
      socketio.on("echo", (...values) => args(...values, request.namespace), { namespace: "/chat" });
      const socket = await client.connect(`${url}/chat`, { parser });
      expect(await ask(socket, "echo", text, { a: [1] })).toEqual([text, { a: [1] }, "/chat"]);
    });

    it("must follow the rules of packets", async () => {
      const { socketio, url, trace } = await startServer({ parser: jsonParser });
      socketio.on("connect", () => {});
      const socket = client.open(url, { parser });
      await connected(socket);
      socket.io.engine.write(JSON.stringify({ type: "event", namespace: "/", data: ["disconnecting"] }));
      await soon(() => trace).toContainEqual(
        expect.objectContaining({ type: "connection close", reason: "parse error" }),
      );
    });
  },
);
