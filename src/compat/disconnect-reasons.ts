/** Roomcast's reasons in the words of socket.io, which has fewer. */

import type { DisconnectReason } from "../core/model/disconnect-reason.ts";
import type { BridgeReason } from "./types/plain-api.ts";

/** Reasons that are the same in both. */
const shared: ReadonlySet<string> = new Set<DisconnectReason & BridgeReason>([
  "transport error",
  "transport close",
  "ping timeout",
  "parse error",
  "server shutting down",
  "client namespace disconnect",
  "server namespace disconnect",
]);

/** The ends that the server itself has decided upon. */
const decided: Readonly<Partial<Record<DisconnectReason, BridgeReason>>> = {
  "forced close": "server namespace disconnect",
  "reconnect requested": "forced server close",
  "connect timeout": "forced server close",
  "authentication expired": "forced server close",
  "client returned": "forced server close",
  "events lost": "forced server close",
  "not in namespace": "forced server close",
  "slow consumer": "transport error",
  "payload too large": "transport error",
};

/** A reason as programs of socket.io know it, and Roomcast's own as an error where that says more. */
export function bridgeReason(reason: DisconnectReason): [BridgeReason, Error?] {
  if (shared.has(reason)) return [reason as BridgeReason];
  const known = decided[reason];
  if (reason === "forced close" && known !== undefined) return [known];
  // The others are limits and rules that a client has broken.
  return [known ?? "parse error", new Error(reason)];
}
