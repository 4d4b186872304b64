/**
 * The clients of the leak test, in their own process.
 * A message `{ port, from, to }` makes clients of these numbers visit the server.
 */

import { once } from "node:events";
import WebSocket from "ws";

const clientsAtOnce = 250;

/** One client: it joins, sends, and leaves in one of the ways of real clients, with two answers still due. */
async function visit(port: number, number: number): Promise<void> {
  const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
  const webSocket = new WebSocket(url, { perMessageDeflate: false });
  const closed = once(webSocket, "close");
  const heard = (pattern: RegExp, times = 1) =>
    new Promise<void>((resolve) => {
      let left = times;
      webSocket.on("message", (data) => {
        if (pattern.test(data.toString())) left -= 1;
        if (left === 0) resolve();
      });
    });
  // The server numbers its questions across all clients.
  const [opened, asked, echoed] = [heard(/^0\{/), heard(/^42\d+\["ask"/, 2), heard(/^42\["echo"/)];
  await opened;
  webSocket.send("40");
  await asked;
  webSocket.send(`42["echo","hello ${number}"]`);
  await echoed;
  if (number % 4 === 0) webSocket.terminate();
  else if (number % 4 === 1) webSocket.close();
  else webSocket.send(number % 4 === 2 ? "41" : "1");
  if (number % 4 === 2) webSocket.close();
  await closed;
}

process.on("message", async ({ port, from, to }: { port: number; from: number; to: number }) => {
  for (let first = from; first < to; first += clientsAtOnce) {
    const count = Math.min(clientsAtOnce, to - first);
    await Promise.all(Array.from({ length: count }, (_, index) => visit(port, first + index)));
  }
  process.send?.("done");
});
