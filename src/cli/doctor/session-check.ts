/** Whether the requests of one long-polling connection reach the process that holds it, whole and in time. */

import { dialectOf } from "../../client/client-dialect.ts";
import { describeAnswer, describeNetworkError } from "../../client/connect-failure.ts";
import type { NetworkAnswer } from "../../client/network.ts";
import type { NodeNetwork } from "../../client/node/node-network.ts";
import { showDuration } from "../input/duration.ts";
import { showSize } from "../output/event-text.ts";
import type { Asked, Examination } from "./examination.ts";
import { type Finding, fault, fine, warning } from "./finding.ts";
import { bodyOf, sidOfAnswer } from "./handshake-check.ts";
import { isUnknownSession } from "./server-kind.ts";

/** How many connections are tried: with two processes in turn, the first or second one fails. */
const rounds = 4;

/** An answer that takes longer than this is held back by something, in ms. */
const longestAnswer = 1000;

/** The largest body that is sent to find a proxy's limit, in bytes. */
const largestBody = 1_000_000;

/** Opens connections whose requests each come alone, as those of many clients do. */
export async function checkSessions(examination: Examination): Promise<readonly Finding[]> {
  const sids = new Set<string>();
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    const network = examination.network({ isolated: true });
    const opened = await examination.ask({ query: examination.handshakeQuery }, network);
    const sid = opened.type === "answer" ? sidOfAnswer(opened.answer) : undefined;
    if (opened.type !== "answer" || sid === undefined) return [unsteady(opened)];
    if (sids.has(sid)) return [cached(sid)];
    sids.add(sid);
    const query = { ...examination.handshakeQuery, sid };
    const began = performance.now();
    // A server of revision 3 puts the client into "/" unasked.
    const body = examination.facts.revision === 3 ? pongOf(examination, 0) : bodyOf(examination, "0");
    const posted = await examination.ask({ query, method: "POST", body, headers: asText }, network);
    const postProblem = problemOf(examination, posted, "A message", network);
    if (postProblem !== undefined) return [postProblem];
    const polled = await examination.ask({ query }, network);
    const pollProblem = problemOf(examination, polled, "A poll", network);
    if (pollProblem !== undefined) return [pollProblem];
    slowest = Math.max(slowest, performance.now() - began);
    if (slowest > longestAnswer && slowest > 5 * opened.answer.took)
      return [heldBack(slowest, opened.answer.took)];
    await examination.ask({ query, method: "POST", body: closeOf(examination), headers: asText }, network);
  }
  return [
    fine(
      "polling",
      "sessions",
      `${rounds} connections, each request on its own: all arrive, in ${showDuration(slowest)} at most`,
    ),
  ];
}

/** Sends a message as large as the server takes, which a proxy may refuse. */
export async function checkBodySize(examination: Examination): Promise<readonly Finding[]> {
  const { handshake, revision } = examination.facts;
  const limit = handshake?.maxPayload ?? null;
  // Only the answer to a ping of revision 4 may have any content.
  if (limit === null || revision === 3) return [];
  const network = examination.network({ isolated: true });
  const opened = await examination.ask({ query: examination.handshakeQuery }, network);
  const sid = opened.type === "answer" ? sidOfAnswer(opened.answer) : undefined;
  if (sid === undefined) return [];
  const query = { ...examination.handshakeQuery, sid };
  const size = Math.min(limit, largestBody) - 100;
  const sent = await examination.ask(
    { query, method: "POST", body: pongOf(examination, size), headers: asText },
    network,
  );
  await examination.ask({ query, method: "POST", body: closeOf(examination), headers: asText }, network);
  if (sent.type === "answer" && sent.answer.status === 200)
    return [fine("polling", "body-size", `a body of ${showSize(size)} arrives`)];
  const isTooLarge = sent.type === "answer" && sent.answer.status === 413;
  if (!isTooLarge && sent.type === "answer" && isUnknownSession(sent.answer)) return [];
  return [
    warning("polling", "body-limit", {
      saw: `A body of ${showSize(size)} is answered with ${wordsOf(sent)}; the server takes ${showSize(limit)}.`,
      means:
        "A proxy has a lower limit than the server. Clients that send more over long polling lose their connection.",
      mend: [`client_max_body_size ${Math.ceil(limit / 1e6)}m;`],
    }),
  ];
}

const asText = { "content-type": "text/plain;charset=UTF-8" };

function pongOf({ facts }: Examination, size: number): string {
  const dialect = dialectOf(facts.revision);
  const type = facts.revision === 4 ? "pong" : "ping";
  return dialect.joinItems([dialect.encodeItem({ type, data: "x".repeat(size) })]);
}

function closeOf({ facts }: Examination): string {
  const dialect = dialectOf(facts.revision);
  return dialect.joinItems([dialect.encodeItem({ type: "close" })]);
}

function problemOf(
  examination: Examination,
  asked: Asked,
  what: string,
  network: NodeNetwork,
): Finding | undefined {
  if (asked.type === "answer" && asked.answer.status === 200) return undefined;
  if (asked.type === "answer" && isUnknownSession(asked.answer))
    return notSticky(examination, asked.answer, network.cookies.header !== "");
  const saw = `${what} on an open connection is answered with ${wordsOf(asked)}.`;
  if (
    what === "A poll" &&
    (asked.type === "timeout" || (asked.type === "answer" && asked.answer.status === 504))
  )
    return fault("polling", "poll-unanswered", {
      saw,
      means:
        "The server answers long polls late by design; here even one with something to say has no answer.",
      mend: ["proxy_read_timeout 60s;", "proxy_buffering off;"],
    });
  return fault("polling", what === "A poll" ? "poll-refused" : "post-refused", {
    saw,
    means:
      what === "A poll"
        ? "The connection was opened, and could not be used."
        : "Something refuses POST: a firewall, a proxy, or a rule for another part of the application.",
  });
}

function notSticky({ facts }: Examination, answer: NetworkAnswer, hasCookie: boolean): Finding {
  return fault("balancing", "not-sticky", {
    saw: `A request on an open connection is answered with ${describeAnswer(answer)}.`,
    means: `It went to another process than the one that holds the connection. ${
      facts.kind === "Roomcast"
        ? "These processes do not know each other: give them one message queue, and they pass requests on."
        : "Several of them need sticky sessions, or clients that use WebSocket alone."
    }${hasCookie ? " There is a cookie, and it does not help." : ""}`,
    mend:
      facts.kind === "Roomcast"
        ? ['new SocketIO(app, { messageQueue: "redis://…" })']
        : [
            "upstream servers { hash $remote_addr consistent; server …; server …; }",
            'io(url, { transports: ["websocket"] })',
          ],
  });
}

function heldBack(slowest: number, usual: number): Finding {
  return fault("polling", "answers-held-back", {
    saw: `A message was answered after ${showDuration(slowest)}, though a request alone takes ${showDuration(usual)}.`,
    means:
      "Something on the way holds answers back until they are larger: a proxy or a virus scanner that buffers.",
    mend: ["proxy_buffering off;", "proxy_cache off;"],
  });
}

function cached(sid: string): Finding {
  return fault("polling", "cached", {
    saw: `Two clients got the same connection, ${sid}.`,
    means:
      "A cache on the way answers in place of the server. Clients disturb each other, and get old answers.",
    mend: ["proxy_cache off; # for the path of Socket.IO"],
  });
}

function unsteady(asked: Asked): Finding {
  return fault("balancing", "unsteady", {
    saw: `The first connection was opened, and another one was answered with ${wordsOf(asked)}.`,
    means:
      "Some of the processes behind the proxy work, and others do not; or a limit for one address is reached.",
  });
}

/** An answer, or that there was none. */
export function wordsOf(asked: Asked): string {
  if (asked.type === "answer") return describeAnswer(asked.answer);
  return asked.type === "timeout" ? "nothing in time" : describeNetworkError(asked.error);
}
