/** The few things that Roomcast does otherwise than socket.io, applied to a transcript of that. */

import type { Transcript } from "./stage.ts";

/**
 * A transcript of socket.io's server as Roomcast makes it. Roomcast says goodbye to polling clients when it
 * closes, where stock fails their next request; on a busy machine, that request may come too late for it. And
 * it accepts a client that comes back before it sends what
 * the client missed.
 */
export function asRoomcastDoes(transcript: Transcript): Transcript {
  return Object.fromEntries(
    Object.entries(transcript).map(([observer, lines]) => [
      observer,
      observer === "server" ? lines : acceptedFirst(withGoodbye(lines)),
    ]),
  );
}

/** The oldest client tells of the failed request as well. */
function withGoodbye(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line, index) => {
      const isEnd = lines[index + 1] === "disconnect transport error";
      return !(isEnd && line === "connect_error xhr poll error undefined");
    })
    .map((line) => line.replace("disconnect transport error", "disconnect transport close"));
}

function acceptedFirst(lines: readonly string[]): readonly string[] {
  const accepted = lines.indexOf("connect true");
  if (accepted === -1) return lines;
  const lost = lines.findLastIndex((line, index) => index < accepted && line.startsWith("disconnect"));
  const rest = lines.toSpliced(accepted, 1);
  return rest.toSpliced(lost + 1, 0, "connect true");
}
