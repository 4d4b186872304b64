import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { closeHttpServer } from "../../src/compat/server-closing.ts";
import { deferred } from "../support/waiting.ts";

it("A closing server refuses the requests of its own path itself, and the application gets the others", async () => {
  const heard: string[] = [];
  const held = deferred();
  const server = createServer((incoming, response) => {
    heard.push(incoming.url ?? "");
    void held.promise.then(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (path: string) => request({ port, path }).end();
  const statusOf = (sent: ReturnType<typeof ask>) =>
    new Promise<number | undefined>((resolve) => {
      sent.on("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
  const open = ask("/held");
  const opened = statusOf(open);
  await expect.poll(() => heard).toEqual(["/held"]);

  const closed = closeHttpServer(server, "/socket.io");
  const incoming = (url: string) => {
    const answer: unknown[] = [];
    const response = {
      writeHead: (status: number) => {
        answer.push(status);
        return response;
      },
      end: () => answer.push("end"),
    };
    server.emit("request", { url }, response);
    return answer;
  };
  expect([incoming("/socket.io/?EIO=4"), heard]).toEqual([[503, "end"], ["/held"]]);
  held.resolve();
  incoming("/other");
  expect(heard).toEqual(["/held", "/other"]);
  expect([await opened, await closed, server.listenerCount("request")]).toEqual([200, undefined, 1]);
});
