/** Whether there is a Socket.IO server at the path, and which: the first request of long polling. */

import { printable } from "../../base/printable.ts";
import { decodedOrNothing, dialectOf, dialectOfPayload } from "../../client/client-dialect.ts";
import { describeAnswer, describeNetworkError } from "../../client/connect-failure.ts";
import type { NetworkAnswer } from "../../client/network.ts";
import { readServerHandshake, type ServerHandshake } from "../../client/server-handshake.ts";
import { showDuration } from "../input/duration.ts";
import { showSize } from "../output/event-text.ts";
import { EndOfExamination, type Examination } from "./examination.ts";
import { type Finding, fault, fine, remark } from "./finding.ts";
import { codeOf, productOf, serverKindOf } from "./server-kind.ts";

/** Paths under which servers are found that are not at the usual one. */
const otherPaths = ["/socket.io/", "/api/socket.io/", "/ws/socket.io/", "/ws/", "/engine.io/", "/"];

/** Opens a connection, and finds out which server it is and which clients it takes. */
export async function checkOpening(examination: Examination): Promise<readonly Finding[]> {
  const { facts, target } = examination;
  const asked = await examination.ask({ query: { EIO: "4", transport: "polling" } });
  if (asked.type === "timeout")
    throw new EndOfExamination(
      fault("polling", "silent", {
        saw: `The port is open, and a request had no answer within ${showDuration(target.timeout)}.`,
        means: "The process is busy or stuck, or a proxy waits for a server that does not answer.",
      }),
    );
  if (asked.type === "error")
    throw new EndOfExamination(
      fault("polling", "no-http", {
        saw: describeNetworkError(asked.error),
        means: target.address.isSecure
          ? "The server ended the connection: it may be overloaded, or crash on requests."
          : "The port does not speak HTTP, or expects TLS: try https in the URL.",
      }),
    );
  const { answer } = asked;
  const handshake = handshakeOf(answer);
  if (handshake !== undefined && handshake.revision === 4) {
    Object.assign(facts, { handshake: handshake.data, answer });
  } else {
    const old = await examination.ask({ query: { EIO: "3", transport: "polling" } });
    const oldHandshake = old.type === "answer" ? handshakeOf(old.answer) : undefined;
    if (old.type !== "answer" || oldHandshake === undefined)
      throw new EndOfExamination(await notOpened(examination, answer));
    Object.assign(facts, { handshake: oldHandshake.data, answer: old.answer, revision: 3 });
  }
  await findKind(examination);
  return describe(examination, answer);
}

function handshakeOf(answer: NetworkAnswer): { revision: 3 | 4; data: ServerHandshake } | undefined {
  const dialect = answer.status === 200 ? dialectOfPayload(answer.body) : undefined;
  if (dialect === undefined) return undefined;
  const [open] = decodedOrNothing(() => dialect.decodePayload(answer)) ?? [];
  const data = open?.type === "open" ? readServerHandshake(open.data) : undefined;
  return data && { revision: dialect.revision, data };
}

async function findKind(examination: Examination): Promise<void> {
  const { revision } = examination.facts;
  const answerTo = async (query: Record<string, string>) => {
    const asked = await examination.ask({ query });
    return asked.type === "answer" ? asked.answer : undefined;
  };
  const EIO = String(revision);
  const [strangeTransport, plainWebSocket, strangeRevision] = await Promise.all([
    answerTo({ EIO, transport: "roomcast-doctor" }),
    answerTo({ EIO, transport: "websocket" }),
    answerTo({ EIO: "99", transport: "polling" }),
  ]);
  examination.facts.kind = serverKindOf({ strangeTransport, plainWebSocket, strangeRevision });
}

async function describe(examination: Examination, first: NetworkAnswer): Promise<readonly Finding[]> {
  const { facts, target } = examination;
  const { handshake, answer, kind } = facts;
  const product = productOf(answer);
  const through = product === undefined ? "" : `, answered by ${printable(product)}`;
  const name = kind === "unknown" ? "a Socket.IO server" : kind;
  const found = [
    fine("polling", "server", `${name}, by its answers${through}; ${showDuration(first.took)}`),
    fine(
      "polling",
      "handshake",
      `ping every ${showDuration(handshake?.pingInterval ?? 0)}, patience ${showDuration(handshake?.pingTimeout ?? 0)}, largest message ${handshake?.maxPayload ? showSize(handshake.maxPayload) : "not said"}`,
    ),
  ];
  if (facts.revision === 3)
    return [
      ...found,
      fault("protocol", "eio3-only", {
        saw: "The server speaks Engine.IO 3 alone.",
        means: `It is ${kind === "Socket.IO 2" ? "Socket.IO 2" : "a server for Socket.IO 2"}: clients of Socket.IO 3 and 4 connect for a moment and hear nothing. Use the client of version 2, or a newer server.`,
        mend: ["npm install socket.io-client@2"],
      }),
    ];
  const old = await examination.ask({ query: { EIO: "3", transport: "polling" } });
  const takesOld = old.type === "answer" && handshakeOf(old.answer) !== undefined;
  if (takesOld) return [...found, fine("protocol", "eio4-and-3", "clients of Socket.IO 2, 3 and 4")];
  const allow = {
    Roomcast: "new SocketIO(app, { allowEIO3: true })",
    "Socket.IO 3 or 4": "new Server(http, { allowEIO3: true })",
  };
  const mend = kind === "Roomcast" || kind === "Socket.IO 3 or 4" ? { mend: [allow[kind]] } : {};
  const isAsked = target.engine.revision === 3;
  const words = { saw: "Clients of Socket.IO 3 and 4; those of version 2 are refused.", ...mend };
  return [
    ...found,
    isAsked
      ? fault("protocol", "eio4-only", { ...words, means: "The client of --eio 3 cannot connect." })
      : remark("protocol", "eio4-only", words),
  ];
}

/** What an answer means that opened no connection. */
async function notOpened(examination: Examination, answer: NetworkAnswer): Promise<Finding> {
  const { path, origin, isSecure } = examination.target.address;
  const saw = `${path} answers ${describeAnswer(answer)}`;
  const { status, body, headers } = answer;
  const location = typeof headers.location === "string" ? headers.location : "";
  if (status >= 300 && status < 400)
    return fault("polling", "redirect", {
      saw,
      means: "Clients do not follow redirects for every request. Give them the address that it leads to.",
      mend: [`io("${printable(new URL(location || "/", origin).origin)}")`],
    });
  if (!isSecure && /https port|http request to an https/i.test(body))
    return fault("polling", "https-needed", {
      saw,
      means: "The port expects TLS.",
      mend: [`io("${origin.replace("http:", "https:")}")`],
    });
  if (status === 401 || status === 407)
    return fault("polling", "login-needed", {
      saw,
      means:
        "A proxy or the application wants a login for this path, and refuses the client before Socket.IO sees it.",
      mend: ['io(url, { extraHeaders: { authorization: "…" } })'],
    });
  if (/host not allowed|invalid host/i.test(body))
    return fault("polling", "host-refused", {
      saw,
      means:
        "The server does not take requests for the host name that it gets. The proxy in front may change the field Host.",
      mend: [
        "proxy_set_header Host $http_host;",
        `new SocketIO(app, { allowedHosts: ["${examination.target.address.hostname}"] })`,
      ],
    });
  if (status === 403)
    return fault("polling", "forbidden", {
      saw,
      means:
        "A firewall, a proxy, or the server itself refuses clients: allowRequest, or a list of addresses.",
    });
  if (status === 429)
    return fault("polling", "too-many", {
      saw,
      means: "A limit on connections or requests of one address is reached.",
    });
  if (status === 502 || status === 504)
    return fault("polling", "no-upstream", {
      saw,
      means:
        "The proxy is there, and does not reach the server behind it: it is not running, or on another port.",
      mend: ["proxy_pass http://127.0.0.1:5000; # the port of the server"],
    });
  if (status === 503)
    return fault("polling", "unavailable", { saw, means: "The server is starting, stopping, or full." });
  if (status >= 500)
    return fault("polling", "server-error", { saw, means: "The server or the proxy failed: see its log." });
  const elsewhere = await findPath(examination);
  if (elsewhere !== undefined)
    return fault("polling", "wrong-path", {
      saw,
      means: `The Socket.IO server is at ${elsewhere}.`,
      mend: [`io("${origin}", { path: "${elsewhere}" })`],
    });
  if (codeOf(answer) !== undefined)
    return fault("polling", "refused", {
      saw,
      means: "A Socket.IO server refuses the client, for the reason that it gives.",
    });
  return fault("polling", "no-socketio", {
    saw,
    means:
      status === 404
        ? `What answers there is no Socket.IO server, or has it at another path. A proxy may not pass ${path} on.`
        : `What answers there is no Socket.IO server: a page, an API, or a proxy that sends every path to the application's page.`,
    mend: [`location ${path} { proxy_pass http://127.0.0.1:5000; }`],
  });
}

async function findPath(examination: Examination): Promise<string | undefined> {
  const { path } = examination.target.address;
  for (const other of otherPaths) {
    if (other === path) continue;
    const asked = await examination.ask({ path: other, query: { EIO: "4", transport: "polling" } });
    if (asked.type === "answer" && handshakeOf(asked.answer) !== undefined) return other;
  }
  return undefined;
}

/** The sid of an answer that opened a connection. */
export function sidOfAnswer(answer: NetworkAnswer): string | undefined {
  return handshakeOf(answer)?.data.sid;
}

/** A body that sends one packet, in the revision of the examination. */
export function bodyOf(examination: Examination, text: string): string {
  const dialect = dialectOf(examination.facts.revision);
  return dialect.joinItems([dialect.encodeItem({ type: "message", data: text })]);
}
