/** The server side of the parser in docs/parsers.md. */

import type { Parser } from "roomcast";

export const jsonParser: Parser = {
  // A packet is { type: "event", namespace: "/chat", data: ["say", "hello"], id: 7 }, say.
  encode: (packet) => JSON.stringify(packet),
  createDecoder: () => ({
    decode(message) {
      if (typeof message !== "string") throw new Error("this parser has no binary messages");
      return JSON.parse(message);
    },
  }),
};
