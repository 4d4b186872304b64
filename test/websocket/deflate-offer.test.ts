import { describe, expect, it } from "vitest";
import { agreeOnDeflate } from "../../src/websocket/deflate-offer.ts";

const plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

describe("an offer to compress", () => {
  it.each([
    ["without parameters", "permessage-deflate"],
    ["as browsers and ws make it", "permessage-deflate; client_max_window_bits"],
    ["of a client that compresses each message by itself", "permessage-deflate; client_no_context_takeover"],
    ["that asks the server for that", "permessage-deflate;server_no_context_takeover"],
    ["of a client with a short window", "permessage-deflate; client_max_window_bits=8"],
    ["with a value between quotation marks", 'permessage-deflate; client_max_window_bits="10"'],
    ["with an escaped character", 'permessage-deflate; client_max_window_bits="1\\0"'],
    ["with tabs and spaces", " \tpermessage-deflate \t;\t client_max_window_bits \t=\t 15 \t"],
    ["behind another extension", 'x-webkit-deflate-frame, mux; limit=4; name="a", permessage-deflate'],
    ["behind one that is not possible", "permessage-deflate; server_max_window_bits=7, permessage-deflate"],
    ["behind one that is not known", "permessage-deflate; strength=9, permessage-deflate"],
    ["before others", "permessage-deflate, permessage-deflate; server_max_window_bits=9"],
    ["among empty elements", ",, permessage-deflate ,"],
  ])("%s is accepted", (_what, field) => {
    expect(agreeOnDeflate(field)).toEqual({ answer: plain, windowBits: 15 });
  });

  it.each([8, 9, 12, 15])("that limits the window of the server to %i bits is accepted so", (bits) => {
    expect(agreeOnDeflate(`permessage-deflate; server_max_window_bits=${bits}`)).toEqual({
      answer: `${plain}; server_max_window_bits=${bits}`,
      windowBits: bits,
    });
  });

  it.each([
    ["of nothing", ""],
    ["of another extension", "permessage-bzip2"],
    ["in other letters", "Permessage-Deflate"],
    ["with an unknown parameter", "permessage-deflate; strength=9"],
    ["with a parameter twice", "permessage-deflate; client_max_window_bits; client_max_window_bits=10"],
    [
      "with the same parameter twice",
      "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ],
    ["with a value that should not be there", "permessage-deflate; server_no_context_takeover=true"],
    [
      "with a value for the client that should not be there",
      "permessage-deflate; client_no_context_takeover=1",
    ],
    ["without a value that should be there", "permessage-deflate; server_max_window_bits"],
    ["with too short a window", "permessage-deflate; server_max_window_bits=7"],
    ["with too long a window", "permessage-deflate; server_max_window_bits=16"],
    ["with a zero before a number", "permessage-deflate; server_max_window_bits=08"],
    ["with a sign before a number", "permessage-deflate; client_max_window_bits=+9"],
    ["with words for a number", "permessage-deflate; client_max_window_bits=constructor"],
  ])("%s is declined", (_what, field) => {
    expect(agreeOnDeflate(field)).toBe("declined");
  });

  it.each([
    ["a separator of parameters without one", "permessage-deflate;"],
    ["an empty parameter", "permessage-deflate; ; client_max_window_bits"],
    ["a parameter of nothing", "; client_max_window_bits"],
    ["an extension with a value", "permessage-deflate=1"],
    ["no value behind its sign", "permessage-deflate; client_max_window_bits="],
    ["a value twice", "permessage-deflate; client_max_window_bits=1 0"],
    ["two words", "permessage deflate"],
    ["an open quotation", 'permessage-deflate; client_max_window_bits="10'],
    ["a quotation that is no token", 'permessage-deflate; client_max_window_bits="1 0"'],
    ["an empty quotation", 'permessage-deflate; client_max_window_bits=""'],
    ["letters outside of ASCII", "permessage-déflate"],
    ["something wrong behind what could be accepted", "permessage-deflate, ="],
  ])("with %s fails the handshake", (_what, field) => {
    expect(agreeOnDeflate(field)).toBe("malformed");
  });

  it("takes as long as it is, however it is made", () => {
    const field = `${"permessage-deflate; a; ".repeat(20_000)}${" ".repeat(100_000)}"`;
    const before = performance.now();
    expect(agreeOnDeflate(field)).toBe("malformed");
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
