/** Whether pages may connect: those of the server's own origin, and those of another one. */

import { printable } from "../../base/printable.ts";
import { describeFailure } from "../../client/connect-failure.ts";
import type { NetworkAnswer } from "../../client/network.ts";
import type { Examination } from "./examination.ts";
import { type Finding, fault, fine, remark, warning } from "./finding.ts";
import type { SocketServerKind } from "./server-kind.ts";
import { wordsOf } from "./session-check.ts";

/** Asks as a page of the server's own origin does. Servers compare it with the field Host. */
export async function checkOwnOrigin(examination: Examination): Promise<readonly Finding[]> {
  const { target } = examination;
  const { origin } = target.address;
  const asked = await examination.ask({ query: examination.handshakeQuery, headers: { origin } });
  if (asked.type === "answer" && asked.answer.status === 200) return [];
  return [
    fault("origin", "host-changed", {
      saw: `A page of ${origin} itself is answered with ${wordsOf(asked)}.`,
      means:
        "The server takes it for a page of another site: the proxy in front changes the field Host, or the scheme is not passed on. Pages from there cannot connect.",
      mend: ["proxy_set_header Host $http_host;", "proxy_set_header X-Forwarded-Proto $scheme;"],
    }),
  ];
}

/** Asks as a page of the origin of `--origin` does, and reads the answer as a browser does. */
export async function checkOrigin(examination: Examination): Promise<readonly Finding[]> {
  const { facts, target, origin } = examination;
  if (origin === undefined || origin === target.address.origin) return [];
  const asked = await examination.ask({ query: examination.handshakeQuery, headers: { origin } });
  if (asked.type !== "answer" || asked.answer.status !== 200)
    return [originRefused(origin, facts.kind, wordsOf(asked))];
  const found = allowed(asked.answer, origin, facts.kind);
  if (!facts.hasWebSocket || found.verdict === "fault") return [found, ...cookieFindings(asked.answer)];
  const client = examination.client(["websocket"], { message() {}, closed() {} }, { headers: { origin } });
  const outcome = await client.open();
  await client.close();
  if (outcome.type === "open") return [found, ...cookieFindings(asked.answer)];
  return [found, originRefused(origin, facts.kind, describeFailure(outcome))];
}

/** How each server lets pages of an origin in. */
function settingOf(kind: SocketServerKind, origin: string): string {
  switch (kind) {
    case "Roomcast":
      return `new SocketIO(app, { cors: { origin: "${origin}" } })`;
    case "python-socketio":
      return `socketio.Server(cors_allowed_origins=["${origin}"])`;
    case "Socket.IO 2":
      return `io.origins(["${origin}:*"])`;
    case "Socket.IO 3 or 4":
    case "unknown":
      return `new Server(http, { cors: { origin: "${origin}", credentials: true } })`;
    default:
      return kind satisfies never;
  }
}

function originRefused(origin: string, kind: SocketServerKind, words: string): Finding {
  return fault("origin", "origin-refused", {
    saw: `A page of ${origin} is answered with ${words}`,
    means: "The server does not let pages of this origin connect.",
    mend: [settingOf(kind, origin)],
  });
}

function allowed(answer: NetworkAnswer, origin: string, kind: SocketServerKind): Finding {
  const field = answer.headers["access-control-allow-origin"];
  const text = Array.isArray(field) ? field.join(", ") : field;
  const shown = `Access-Control-Allow-Origin: ${printable(String(text ?? "(none)"))}`;
  if (text === undefined)
    return fault("origin", "cors-missing", {
      saw: `A page of ${origin} is answered without Access-Control-Allow-Origin.`,
      means:
        'Its browser hides the answer from it: "blocked by CORS policy", and xhr poll error in the client.',
      mend: [settingOf(kind, origin)],
    });
  if (String(text).includes(","))
    return fault("origin", "cors-twice", {
      saw: shown,
      means:
        "The proxy and the server both add the field, and browsers take only one. Leave it to the server.",
      mend: ["proxy_hide_header Access-Control-Allow-Origin; # or no add_header for it"],
    });
  if (text !== "*" && text !== origin)
    return fault("origin", "cors-other", {
      saw: `${shown}, for a page of ${origin}`,
      means:
        'Its browser hides the answer from it: "blocked by CORS policy". Origins are equal to the letter: scheme, host, port, and no slash at the end.',
      mend: [settingOf(kind, origin)],
    });
  const credentials = answer.headers["access-control-allow-credentials"] === "true";
  if (text === "*" || !credentials)
    return remark("origin", "cors-without-credentials", {
      saw: `${shown}${credentials ? "" : ", without Access-Control-Allow-Credentials"}`,
      means: "Pages of this origin connect, and not with `withCredentials: true`, which cookies need.",
      mend: [settingOf(kind, origin)],
    });
  return fine("origin", "origin", `pages of ${origin} may connect, with cookies`);
}

/** Cookies that the browser does not send back from another site. */
function cookieFindings({ headers }: NetworkAnswer): Finding[] {
  const cookies = [headers["set-cookie"] ?? []].flat();
  const lost = cookies.filter((cookie) => {
    const attributes = cookie.split(";").map((attribute) => attribute.trim().toLowerCase());
    return !attributes.includes("samesite=none") || !attributes.includes("secure");
  });
  if (lost.length === 0) return [];
  return [
    warning("origin", "cookie-lost", {
      saw: `Set-Cookie: ${printable(lost.map((cookie) => cookie.replace(/=[^;]*/, "=…")).join(" and "))}`,
      means:
        "A browser keeps this cookie from pages of other sites. Sticky sessions by cookie then do not work for them.",
      mend: ["Set-Cookie: …; SameSite=None; Secure"],
    }),
  ];
}
