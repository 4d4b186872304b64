/** Whether something ends quiet connections: waits through one heartbeat on each transport. */

import {
  type ClientCloseReason,
  type ClientTransportName,
  describeClose,
} from "../../client/connect-failure.ts";
import { showDuration } from "../input/duration.ts";
import type { Examination } from "./examination.ts";
import { type Finding, fault, fine } from "./finding.ts";

/** How much longer than the heartbeat to wait, in ms. */
const margin = 2000;

/** Waits on both transports at once. */
export async function checkPatience(examination: Examination): Promise<readonly Finding[]> {
  const transports: ClientTransportName[] = examination.facts.hasWebSocket
    ? ["polling", "websocket"]
    : ["polling"];
  return Promise.all(transports.map((transport) => waitOn(transport, examination)));
}

async function waitOn(transport: ClientTransportName, examination: Examination): Promise<Finding> {
  const part = transport === "polling" ? "polling" : "WebSocket";
  let settle: (outcome: "beat" | ClientCloseReason) => void = () => {};
  const settled = new Promise<"beat" | ClientCloseReason>((resolve) => {
    settle = resolve;
  });
  const began = performance.now();
  const client = examination.client([transport], {
    message() {},
    closed: settle,
    wire: ({ packet, direction }) => {
      if (direction === "in" && (packet.type === "ping" || packet.type === "pong")) settle("beat");
    },
  });
  const opened = await client.open();
  if (opened.type !== "open")
    return fault(part, "patience-unopened", {
      saw: "A further connection was not opened.",
      means: "The server or a proxy refuses more connections.",
    });
  const longest = opened.handshake.pingInterval + margin;
  const timer = setTimeout(() => settle({ type: "ping timeout", after: longest }), longest);
  const outcome = await settled;
  clearTimeout(timer);
  const waited = performance.now() - began;
  await client.close();
  if (outcome === "beat")
    return fine(
      part,
      `${transport}-patience`,
      `a quiet connection lives through a heartbeat of ${showDuration(waited)}`,
    );
  const { pingInterval } = opened.handshake;
  return fault(part, "idle-timeout", {
    saw: `A quiet connection ended after ${showDuration(waited)}: ${describeClose(outcome)}`,
    means: `Something on the way ends connections that are silent for so long, before the server's ping, which comes every ${showDuration(pingInterval)}. Raise its limit, or ping more often.`,
    mend: [
      `proxy_read_timeout ${Math.ceil((2 * pingInterval + 10_000) / 1000)}s;`,
      `pingInterval: ${Math.max(1000, Math.floor(waited / 2000) * 1000)}`,
    ],
  });
}
