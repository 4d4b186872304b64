import { expect, it } from "vitest";
import { showWireEntry } from "../../../src/cli/session/wire-log.ts";

it("shows packets with their direction, and only the beginning of long ones", () => {
  const message = (data: string | Uint8Array) => ({ type: "message", data }) as const;
  expect(showWireEntry({ direction: "in", transport: "polling", packet: message('2["a\x1b"]') })).toBe(
    '← polling 42["a\\u001b"]',
  );
  expect(
    showWireEntry({ direction: "out", transport: "websocket", packet: message(new Uint8Array(9)) }),
  ).toBe("→ websocket <9 bytes>");
  expect(
    showWireEntry({ direction: "in", transport: "polling", packet: message("x".repeat(1000)) }).length,
  ).toBe(411);
});
