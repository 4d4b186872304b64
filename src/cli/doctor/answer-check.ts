/** What the answers say beside the connection: clocks, and times that do not fit to those of proxies. */

import { showDuration } from "../input/duration.ts";
import type { Examination } from "./examination.ts";
import { type Finding, warning } from "./finding.ts";

/** Most proxies end a connection that is silent for a minute. */
const usualPatience = 60_000;

/** A difference of clocks that spoils tokens, in ms. */
const clockTolerance = 30_000;

/** Looks at the first answer again. */
export async function checkAnswers({ facts }: Examination): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const date = facts.answer?.headers.date;
  const skew = typeof date === "string" ? Date.parse(date) - Date.now() : 0;
  if (Math.abs(skew) > clockTolerance)
    found.push(
      warning("clock", "clock", {
        saw: `The server's clock is ${showDuration(Math.abs(skew))} ${skew > 0 ? "ahead of" : "behind"} this machine's.`,
        means:
          "Tokens with an expiry date are refused too early or too late, if it is the server that is wrong.",
        mend: ["timedatectl set-ntp true"],
      }),
    );
  const { pingInterval = 0 } = facts.handshake ?? {};
  if (pingInterval >= usualPatience - 5000)
    found.push(
      warning("heartbeat", "ping-interval", {
        saw: `The server pings every ${showDuration(pingInterval)}.`,
        means:
          "Most proxies end a connection after a minute of silence, so quiet clients connect again all the time.",
        mend: ["pingInterval: 25_000"],
      }),
    );
  return found;
}
