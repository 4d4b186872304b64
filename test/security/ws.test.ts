/**
 * The published advisories against ws, which Roomcast uses only for WebSockets with compression. Each test
 * describes the advisory in words, and shows how Roomcast behaves in the same place. Its input is harmless
 * anywhere: it crosses a limit of Roomcast by a little.
 */

import { deflateRawSync } from "node:zlib";
import { emit, request } from "roomcast";
import { describe, expect, it } from "vitest";
import { RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { deadline } from "../support/waiting.ts";
import {
  Bystander,
  closeCode,
  frame,
  openWire,
  speak,
  text,
  upgradeInProcess,
  upgradeRequest,
} from "./hostile-client.ts";

const bothReaders = [[false], [true]];

describe.each(bothReaders)("ws, perMessageDeflate: %s", (perMessageDeflate) => {
  it("CVE-2016-10518: a number that the application sends is a number, and never that many bytes of old memory", async () => {
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

  // The announced length of a frame was allocated before any of its bytes had arrived.
  it("CVE-2016-10542: a frame that announces one byte more than the limit is refused before its content comes", async () => {
    const server = await startServer({ perMessageDeflate, maxHttpBufferSize: 10_000 });
    const bystander = await Bystander.join(server);
    expect(await closeCode(await speak(server, frame(0x82, "few", 10_001)))).toBe(1009);
    await bystander.isServed();
  });

  // Names of extensions were looked up in an object with inherited names.
  it.each([
    "x-unknown",
    "x-first, x-second; a=1",
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; client_max_window_bits=16",
  ])("GHSA-5v72-xg48-5rpm: extensions that do not exist harm no client: %s", async (extensions) => {
    const server = await startServer({ perMessageDeflate });
    const bystander = await Bystander.join(server);
    const wire = openWire(server);
    wire.write(upgradeRequest(undefined, `Sec-WebSocket-Extensions: ${extensions}\r\n`));
    await wire.until((received) => received.includes("\r\n\r\n"), deadline);
    expect(wire.received).toMatch(/^HTTP\/1\.1 (101|400) /);
    await bystander.isServed();
  });

  it("CVE-2026-45736: a disconnect reason that is memory instead of text is refused, and not sent", async () => {
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

  // Reading a list of subprotocols took quadratic time in the number of its spaces.
  it("CVE-2021-32640: spaces around a subprotocol mean nothing", async () => {
    const server = await startServer({ perMessageDeflate });
    const wire = openWire(server);
    wire.write(upgradeRequest(undefined, "Sec-WebSocket-Protocol: a ,  b\r\n"));
    await wire.until((received) => received.includes("\r\n\r\n"), deadline);
    expect(wire.received).toMatch(/^HTTP\/1\.1 101 /);
  });

  // A request with too many fields lost its field `Upgrade`, which was read without a check for `undefined`.
  it("CVE-2024-37890: a request for an upgrade without its field Upgrade is refused", () => {
    const { answer } = upgradeInProcess("/socket.io/?EIO=4&transport=websocket", { upgrade: undefined });
    expect(answer()).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
  });

  // The fragments of a message were collected without a limit.
  it("CVE-2026-48779: a message in one piece more than are allowed ends the connection", async () => {
    const server = await startServer({ perMessageDeflate, maxFragments: 3 });
    const bystander = await Bystander.join(server);
    for (const piece of ["", "x"]) {
      const pieces = Array.from({ length: 3 }, () => frame(0x00, piece));
      const wire = await speak(server, text("40"), frame(0x01, "4"), ...pieces);
      expect(await closeCode(wire)).toBe(1008);
    }
    await bystander.isServed();
  });
});

describe("ws, where messages are compressed", () => {
  it.each([[10_001], [20_000]])(
    "a message that grows to %i bytes is refused when it has passed the limit",
    async (size) => {
      const server = await startServer({ perMessageDeflate: true, maxHttpBufferSize: 10_000 });
      const bystander = await Bystander.join(server);
      const compressed = deflateRawSync(Buffer.alloc(size, "4"));
      const wire = openWire(server);
      wire.write(upgradeRequest(undefined, "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
      await wire.until((received) => /\r\n\r\n./s.test(received), deadline);
      wire.take();
      wire.write(frame(0xc1, compressed));
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
