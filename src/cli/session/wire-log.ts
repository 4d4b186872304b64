/** Packets as lines, for `--debug`. */

import { printable } from "../../base/printable.ts";
import type { WireEntry } from "../../client/engine-client.ts";
import { encodeEnginePacket } from "../../protocol/engine-packet.ts";
import type { Terminal } from "../terminal.ts";

/** The longest part of a packet that a line shows. */
const longest = 400;

/** A packet as one line, such as `← polling 40{"sid":"x"}`. */
export function showWireEntry({ direction, transport, packet }: WireEntry): string {
  const encoded = encodeEnginePacket(packet);
  const text =
    typeof encoded === "string"
      ? printable(encoded.length > longest ? `${encoded.slice(0, longest)}…` : encoded)
      : `<${encoded.length} bytes>`;
  return `${direction === "in" ? "←" : "→"} ${transport} ${text}`;
}

/** Writes packets beside the results. */
export function wireLog(terminal: Terminal): (entry: WireEntry) => void {
  return (entry) => terminal.note(terminal.colors.dim(showWireEntry(entry)));
}
