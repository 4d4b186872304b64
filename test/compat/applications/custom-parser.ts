/** A parser of the program's own, which writes each packet as a line of JSON with short names. */

import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

interface Packet {
  type: number;
  nsp: string;
  data?: unknown;
  id?: number;
}

class Encoder {
  encode({ type, nsp, data, id }: Packet): string[] {
    return [JSON.stringify({ t: type, n: nsp, d: data, i: id })];
  }
}

class Decoder extends EventEmitter {
  add(chunk: string): void {
    const { t, n, d, i } = JSON.parse(chunk);
    const isKnown = typeof t === "number" && t >= 0 && t <= 6 && typeof n === "string";
    if (!isKnown) throw new Error("invalid format");
    this.emit("decoded", { type: t, nsp: n, data: d, ...(i === undefined ? {} : { id: i }) });
  }

  destroy(): void {}
}

const httpServer = createServer();
const io = new Server(httpServer, { parser: { Encoder, Decoder } });

io.on("connection", (socket) => {
  socket.emit("1", "2", { parsed: true });
  socket.on("echo", (...values) => {
    const answer = values.pop();
    answer(...values);
  });
  socket.on("disconnect", (reason) => console.log("disconnect", reason));
});

httpServer.listen(Number(process.env.PORT ?? 3000), () => {
  console.log("listening on", (httpServer.address() as AddressInfo).port);
});
