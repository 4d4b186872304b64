/** The server side of the parser in docs/parsers.md. */

import type { Parser } from "roomcast";

export const jsonParser: Parser = {
  // A packet, for example: { type: "event", namespace: "/chat", data: ["say", "hello"], id: 7 }
  encode: (packet) => JSON.stringify(packet),
  createDecoder: () => ({
    decode(message) {
      if (typeof message !== "string") throw new Error("this parser has no binary messages");
      return JSON.parse(message);
    },
  }),
};
