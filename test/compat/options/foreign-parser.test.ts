import * as msgpack from "socket.io-msgpack-parser";
import * as stock from "socket.io-parser";
import { describe, expect, it } from "vitest";
import { settleParser } from "../../../src/compat/options/foreign-parser.ts";
import type { Parser } from "../../../src/protocol/parser.ts";

/** A parser in the manner of socket.io's documents: everything as JSON. */
class Encoder {
  encode(packet: object) {
    return [JSON.stringify(packet)];
  }
}
class Decoder {
  #listener = (_packet: object) => {};
  on(_event: string, listener: (packet: object) => void) {
    this.#listener = listener;
  }
  add(message: string) {
    this.#listener(JSON.parse(message));
  }
}

describe("The option parser of the bridge", () => {
  it("takes the parsers that Roomcast has by their names", () => {
    expect(settleParser(stock)).toBe("default");
    expect(settleParser(msgpack)).toBe("msgpack");
    expect(settleParser("msgpack")).toBe("msgpack");
  });

  it("takes others as they are", () => {
    const parser = settleParser({ Encoder, Decoder }) as Parser;
    const packet = { type: "event", namespace: "/a", id: 3, data: ["say", 1] } as const;
    const encoded = parser.encode({ ...packet, data: ["say", 1] });
    expect(encoded).toEqual(['{"type":2,"nsp":"/a","data":["say",1],"id":3}']);
    expect(parser.createDecoder().decode(String(encoded[0]))).toEqual(packet);
  });

  it("refuses other things", () => {
    expect(() => settleParser({ Encoder })).toThrow("the classes Encoder and Decoder");
  });
});
