/** The published advisories against ws, which speaks WebSocket where messages are compressed, and elsewhere does not. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateRawSync } from "node:zlib";
import { emit, request, SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { deadline } from "../support/waiting.ts";
import { Wire } from "../support/wire.ts";
import { Bystander, closeCode, frame, openWire, speak, text, upgradeRequest } from "./hostile-client.ts";

const bothReaders = [[false], [true]];

describe.each(bothReaders)("ws, perMessageDeflate: %s", (perMessageDeflate) => {
  it("CVE-2016-10518: a number that the application sends is a number, and never so many bytes of old memory", async () => {
    const { socketio, url } = await startServer({ perMessageDeflate });
    socketio.on("ask", () => {
      emit("numbers", 1000);
      emit("numbers", { size: 1e6 });
      return 1000;
    });
    const socket = await RawSocket.join(url);
    socket.send('421["ask"]');
    expect(await socket.nextFew(3)).toEqual([
      '42["numbers",1000]',
      '42["numbers",{"size":1000000}]',
      "431[1000]",
    ]);
  });

  it.each([[2n ** 63n - 1n], [2n ** 63n], [2n ** 53n], [10n ** 9n]])(
    "CVE-2016-10542: a frame that promises %s bytes is refused before any memory is set aside",
    async (length) => {
      const server = await startServer({ perMessageDeflate });
      const bystander = await Bystander.join(server);
      const before = process.memoryUsage().arrayBuffers;
      const wires = await Promise.all(
        Array.from({ length: 20 }, () => speak(server, frame(0x82, "few", length))),
      );
      // ws calls a length that no number can hold a violation of the protocol, or a message too large.
      for (const wire of wires) expect([1002, 1009]).toContain(await closeCode(wire));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
      await bystander.isServed();
    },
  );

  it.each([
    ...[
      "constructor",
      "__proto__; x",
      "toString=1",
      ",".repeat(8000),
      "permessage-deflate; __proto__=1",
      'a="',
      ";;;",
    ],
    ...[
      "permessage-deflate; server_max_window_bits=7",
      "permessage-deflate; client_max_window_bits=16",
      "\xff",
    ],
  ])("GHSA-5v72-xg48-5rpm: extensions called %s harm nobody", async (extensions) => {
    const server = await startServer({ perMessageDeflate });
    const bystander = await Bystander.join(server);
    const wire = openWire(server);
    wire.write(
      Buffer.from(upgradeRequest(undefined, `Sec-WebSocket-Extensions: ${extensions}\r\n`), "latin1"),
    );
    await wire.until((received) => received.includes("\r\n\r\n"), deadline);
    expect(wire.received).toMatch(/^HTTP\/1\.1 (101|400) /);
    await bystander.isServed();
  });

  it("CVE-2026-45736: a reason to disconnect that is memory and no text is refused, and not sent", async () => {
    const { socketio, url } = await startServer({ perMessageDeflate });
    socketio.on("ask", () => "still here");
    socketio.on("leave", () =>
      socketio.disconnect({ sid: request.sid, reason: new Uint8Array(20) as never }),
    );
    socketio.onError((error) => (error as { code?: string }).code);
    const socket = await RawSocket.join(url);
    socket.send('421["leave"]');
    socket.send('422["ask"]');
    expect(await socket.nextFew(2)).toEqual(['431["ERR_OPTION"]', '432["still here"]']);
  });

  it("CVE-2021-32640: a subprotocol with many spaces takes no time", async () => {
    const server = await startServer({ perMessageDeflate });
    for (const value of [`b${" ".repeat(12_000)}x`, `${" ,".repeat(6000)}x`, `a${"\t ".repeat(6000)}`]) {
      const wire = openWire(server);
      const startedAt = performance.now();
      wire.write(upgradeRequest(undefined, `Sec-WebSocket-Protocol: ${value}\r\n`));
      await wire.until((received) => received.includes("\r\n\r\n"), deadline);
      // Many times what it takes; the quadratic form of old took a second.
      expect(performance.now() - startedAt).toBeLessThan(500);
    }
  });

  it("CVE-2024-37890: a request with more headers than are read, so that its upgrade is missing, is refused", async () => {
    const http = createServer();
    http.maxHeadersCount = 5;
    const socketio = new SocketIO(http, { perMessageDeflate });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => {
      await socketio.stop();
      http.closeAllConnections();
      http.close();
    });
    const many = Array.from({ length: 20 }, (_, number) => `X-${number}: 1\r\n`).join("");
    const wire = new Wire((http.address() as AddressInfo).port);
    onTestFinished(() => wire.reset());
    wire.write(upgradeRequest().replace("Host:", `${many}Host:`));
    expect((await wire.answer(deadline))?.status).toBe(400);
  });

  it("CVE-2026-48779: a message in endless pieces ends when there are too many", async () => {
    const server = await startServer({ perMessageDeflate });
    const bystander = await Bystander.join(server);
    for (const piece of ["", "x"]) {
      const wire = await speak(server, text("40"), frame(0x01, "4"));
      const pieces = Buffer.concat(Array.from({ length: 1500 }, () => frame(0x00, piece)));
      wire.write(pieces);
      expect(await closeCode(wire)).toBe(1008);
    }
    await bystander.isServed();
  });
});

describe("ws, where messages are compressed", () => {
  it.each([[1e6 + 10], [1e8]])(
    "a message that grows to %i bytes is refused when it has passed the limit",
    async (size) => {
      const server = await startServer({ perMessageDeflate: true });
      const bystander = await Bystander.join(server);
      const bomb = deflateRawSync(Buffer.alloc(size, "4"));
      const wire = openWire(server);
      wire.write(upgradeRequest(undefined, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
      await wire.until((received) => /\r\n\r\n./s.test(received), deadline);
      wire.take();
      wire.write(frame(0xc1, bomb));
      expect(await closeCode(wire)).toBe(1009);
      await bystander.isServed();
    },
  );

  it("a message that says it is compressed, and is not, ends its connection", async () => {
    const server = await startServer({ perMessageDeflate: true });
    const bystander = await Bystander.join(server);
    const wire = openWire(server);
    wire.write(upgradeRequest(undefined, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    await wire.until((received) => /\r\n\r\n./s.test(received), deadline);
    wire.take();
    wire.write(frame(0xc1, Buffer.from([0xff, 0xff, 0xff, 0xff])));
    expect(await closeCode(wire)).toBe(1007);
    await bystander.isServed();
  });
});
