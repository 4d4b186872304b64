import { duplexPair } from "node:stream";
import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  DeflatingWebSocket,
  Deflation,
  openWebSocket,
} from "../../../src/adapter/node/deflating-websocket.ts";
import type { WebSocketCarrier } from "../../../src/adapter/node/node-websocket.ts";
import { soon } from "../../support/waiting.ts";

const config = { threshold: 10, level: 6, contextTakeover: false };
const offer = "permessage-deflate; client_max_window_bits";

function carrierPair() {
  const [peer, accepted] = duplexPair();
  return { peer, carrier: Object.assign(accepted, { setTimeout: () => {} }) as WebSocketCarrier };
}

describe("a server that compresses", () => {
  it("agrees with all clients that ask for the same to be compressed for together", () => {
    const deflation = new Deflation(config);
    const terms = [offer, "permessage-deflate", "permessage-deflate; server_max_window_bits=10", offer].map(
      (field) => deflation.agree(field),
    );
    const deflaters = terms.map((each) => (each === null || each === "malformed" ? null : each.deflater));
    expect(deflaters[0]?.threshold).toBe(10);
    expect(deflaters[1]).toBe(deflaters[0]);
    expect(deflaters[2]).not.toBe(deflaters[0]);
    expect(deflaters[3]).toBe(deflaters[0]);
  });

  it("compresses nothing for clients that do not ask for it, and fails with those that ask in no known way", () => {
    const deflation = new Deflation(config);
    expect(deflation.agree(undefined)).toBeNull();
    expect(deflation.agree("permessage-deflate; unknown")).toBeNull();
    expect(deflation.agree("permessage-deflate; =")).toBe("malformed");
    expect(deflation.agree([offer, offer])).toMatchObject({ answer: expect.stringContaining("no_context") });
  });

  it("reads compressed messages where that was agreed upon alone", async () => {
    const terms = new Deflation(config).agree(offer);
    if (terms === null || terms === "malformed") expect.fail();
    const limits = { maxLength: 100, maxFragments: 10 };
    const payload = deflateRawSync("Hello", { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const frame = Buffer.concat([Buffer.from([0xc1, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    const outcomes: unknown[][] = [[], []];
    for (const [index, agreed] of [terms, null].entries()) {
      const { peer, carrier } = carrierPair();
      const link = openWebSocket(carrier, limits, agreed);
      expect(link instanceof DeflatingWebSocket).toBe(agreed !== null);
      const heard = outcomes[index] ?? [];
      link.start();
      link.listener = {
        onText: (text, size) => heard.push({ text, size }),
        onBinary: () => {},
        onClose: (cause) => heard.push(cause),
      };
      peer.resume();
      peer.write(frame);
    }
    await soon(() => outcomes).toEqual([[{ text: "Hello", size: 5 }], ["error"]]);
  });
});
