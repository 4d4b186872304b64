import { describe, expect, it } from "vitest";
import { appOptions } from "../../../src/app/options/app-options.ts";
import { resolveOptions } from "../../../src/base/options.ts";
import { type BridgeOptions, roomcastOptions } from "../../../src/compat/options/bridge-options.ts";

const allowRequest = () => true;

function settle(given: Partial<BridgeOptions>) {
  const warnings: string[] = [];
  const settled = roomcastOptions(given, {
    warn: (message) => warnings.push(message),
    cors: null,
    allowRequest,
  });
  // Whatever comes out is an option of Roomcast's.
  resolveOptions(appOptions, settled, "new SocketIO()");
  return { settled, warnings };
}

describe("The options of the bridge", () => {
  it("have their values where both have them", () => {
    const { settled, warnings } = settle({
      path: "/ws/",
      pingInterval: 1000,
      pingTimeout: 500,
      maxHttpBufferSize: 5,
      serveClient: false,
      allowEIO3: true,
      connectTimeout: 7,
      dedupe: true,
    });
    expect(settled).toMatchObject({
      path: "/ws",
      pingInterval: 1000,
      pingTimeout: 500,
      maxHttpBufferSize: 5,
      serveClient: false,
      allowEIO3: true,
      connectTimeout: 7,
      dedupe: true,
    });
    expect(warnings).toEqual([]);
  });

  it("have Roomcast's values where the values differ", () => {
    const { settled } = settle({
      perMessageDeflate: {
        threshold: 32,
        concurrencyLimit: 10,
        zlibDeflateOptions: { level: 3, chunkSize: 1024 },
      },
      httpCompression: { threshold: 64 },
      cookie: { name: "io", sameSite: "Strict" },
      transports: ["websocket"],
      connectionStateRecovery: { maxDisconnectionDuration: 9 },
    });
    expect(settled).toMatchObject({
      perMessageDeflate: { threshold: 32, level: 3 },
      httpCompression: true,
      compressionThreshold: 64,
      cookie: { name: "io", sameSite: "strict" },
      transports: ["websocket"],
      recovery: { maxDisconnection: 9 },
    });
  });

  it("leave the program as much as it has there: no low limit to what the program itself does", () => {
    expect(settle({}).settled).toMatchObject({ anyWebSocketOrigin: true, maxOutgoingBytes: 2 ** 26 });
    expect(settle({ maxOutgoingBytes: 5 }).settled.maxOutgoingBytes).toBe(5);
  });

  it("warn of what changes nothing, and of unknown ones", () => {
    const given = { initialPacket: "a", destroyUpgrade: false, pingIntervall: 1 };
    expect(settle(given as object).warnings).toEqual([
      expect.stringContaining("The option initialPacket of new Server() changes nothing: "),
      'new Server() has no option "pingIntervall", and goes on without it.',
    ]);
  });

  it("refuse what never will be: WebTransport, and another engine of WebSockets", () => {
    expect(() => settle({ transports: ["polling", "webtransport"] })).toThrow("no WebTransport");
    expect(() => settle({ transports: [] })).toThrow("names none");
    expect(() => settle({ wsEngine: class {} })).toThrow("Leave it out.");
  });
});
