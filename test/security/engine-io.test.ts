/** The published advisories against engine.io. */

import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { PollingSession } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { deadline, soon } from "../support/waiting.ts";
import {
  ask,
  Bystander,
  closeCode,
  frame,
  openWire,
  upgradeFields,
  upgradeRequest,
} from "./hostile-client.ts";

const target = (sid: string) =>
  `/socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;

describe("engine.io", () => {
  it("CVE-2020-36048: bodies of 100 MB are refused unread when they tell their length", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const sessions = await Promise.all(Array.from({ length: 64 }, () => PollingSession.open(server.url)));
    const answers = await Promise.all(
      sessions.map(({ handshake }) =>
        ask(server, `POST ${target(handshake.sid)}Content-Length: 100000000\r\n\r\n${"4".repeat(1000)}`),
      ),
    );
    expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([413]));
    await bystander.isServed();
  });

  it("CVE-2020-36048: bodies that do not tell their length are read no further than the limit", async () => {
    const server = await startServer({ maxHttpBufferSize: 100_000 });
    const bystander = await Bystander.join(server);
    const chunk = `${(50_000).toString(16)}\r\n${"4".repeat(50_000)}\r\n`;
    const sessions = await Promise.all(Array.from({ length: 64 }, () => PollingSession.open(server.url)));
    const answers = await Promise.all(
      sessions.map(({ handshake }) =>
        ask(
          server,
          `POST ${target(handshake.sid)}Transfer-Encoding: chunked\r\n\r\n`,
          ...Array(4).fill(chunk),
        ),
      ),
    );
    expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([413]));
    await bystander.isServed();
  });

  it.each([[0x20], [0x10], [0x40], [0x70]])(
    "CVE-2022-21676: a frame with reserved bits (%i) in the same segment as the request is a violation, and no crash",
    async (bits) => {
      const server = await startServer();
      const bystander = await Bystander.join(server);
      const wire = openWire(server);
      wire.write(Buffer.concat([Buffer.from(upgradeRequest()), frame(0x81 | bits, "2probe")]));
      expect(await closeCode(wire)).toBe(1002);
      await bystander.isServed();
    },
  );

  it.each([[false], [true]])(
    "CVE-2022-41940: a request that is reset while it is refused ends no process (perMessageDeflate: %s)",
    async (perMessageDeflate) => {
      const server = await startServer({ perMessageDeflate });
      const bystander = await Bystander.join(server);
      const requests = [
        upgradeRequest("EIO=4&transport=websocket&sid=unknown"),
        upgradeRequest("EIO=9&transport=websocket"),
        upgradeRequest().replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: x"),
        upgradeRequest("EIO=4&transport=websocket", "Origin: https://evil.example\r\n"),
        upgradeRequest(),
      ];
      for (let times = 0; times < 20; times += 1) {
        await Promise.all(
          requests.map(
            (request) =>
              new Promise<void>((resolve) => {
                const socket = connect(server.port, "127.0.0.1", () => {
                  socket.write(request, () => socket.resetAndDestroy());
                });
                socket.on("error", () => {});
                socket.on("close", () => resolve());
              }),
          ),
        );
      }
      await bystander.isServed();
      await soon(() => server.socketio.clientCount).toBe(1);
    },
  );

  it.each([
    ...["transport=__proto__", "transport=constructor", "transport=", "transport=toString", "transport"],
    ...["transport=hasOwnProperty", "x=1", "transport=polling", "transport[]=websocket"],
  ])("CVE-2023-31125: an upgrade with %s is refused", async (query) => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const answer = await ask(server, upgradeRequest(`EIO=4&${query}`));
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("Transport unknown") });
    expect((await ask(server, `GET /socket.io/?EIO=4&${query} HTTP/1.1\r\nHost: a\r\n\r\n`))?.status).toBe(
      query === "transport=polling" ? 200 : 400,
    );
    await bystander.isServed();
  });

  it.each(["transport=websocket", "EIO=&transport=websocket", "EIO=__proto__&transport=websocket"])(
    "CVE-2023-31125: an upgrade with %s, which names no version, is refused",
    async (query) => {
      const server = await startServer();
      const answer = await ask(server, upgradeRequest(query));
      expect(answer).toMatchObject({
        status: 400,
        body: expect.stringContaining("Unsupported protocol version"),
      });
    },
  );

  it("CVE-2023-31125: the first of several transports counts", async () => {
    const server = await startServer();
    const repeated = await ask(server, upgradeRequest("EIO=4&transport=__proto__&transport=websocket"));
    expect(repeated?.status).toBe(400);
  });

  it("CVE-2026-59725: each of many posts of binary is answered, and none stays open", async () => {
    const server = await startServer();
    const bystander = await Bystander.join(server);
    const { handshake } = await PollingSession.open(server.url);
    const wire = openWire(server);
    for (let number = 0; number < 1000; number += 1) {
      wire.write(
        `POST ${target(handshake.sid)}Content-Type: application/octet-stream\r\nContent-Length: 2\r\n\r\n42`,
      );
      expect((await wire.answer(deadline))?.status).toBe(400);
    }
    await bystander.isServed();
  });

  it("GHSA-gr94-w7qr-f4j3: there is no WebTransport to be left half open", async () => {
    const server = await startServer();
    for (const sid of ["", "&sid=__proto__", "&sid=x"]) {
      const query = `EIO=4&transport=webtransport${sid}`;
      expect((await ask(server, upgradeRequest(query)))?.status).toBe(400);
      expect((await ask(server, `GET /socket.io/?${query} HTTP/1.1\r\n${upgradeFields}\r\n`))?.status).toBe(
        400,
      );
    }
    expect(server.socketio.clientCount).toBe(0);
  });
});
