/** Whether a WebSocket opens, brings packets, and takes over a connection that began with long polling. */

import { printable } from "../../base/printable.ts";
import { type ConnectFailure, describeClose, describeFailure } from "../../client/connect-failure.ts";
import { showDuration } from "../input/duration.ts";
import type { Examination } from "./examination.ts";
import { type Finding, fault, fine, remark } from "./finding.ts";
import { codeOf, isUnknownSession } from "./server-kind.ts";

const nginxUpgrade = [
  "proxy_http_version 1.1;",
  "proxy_set_header Upgrade $http_upgrade;",
  'proxy_set_header Connection "upgrade";',
];

/** Opens a WebSocket directly. */
export async function checkWebSocket(examination: Examination): Promise<readonly Finding[]> {
  const { facts } = examination;
  if (facts.handshake !== null && !facts.handshake.upgrades.includes("websocket"))
    return [
      remark("WebSocket", "websocket-off", {
        saw: "The server offers no WebSocket.",
        means:
          facts.kind === "python-socketio"
            ? "It runs where it has none: install simple-websocket, or run it with an asynchronous server. Each event costs a request."
            : "It is configured for long polling alone. Each event costs a request.",
        ...(facts.kind === "python-socketio" ? { mend: ["pip install simple-websocket"] } : {}),
      }),
    ];
  const began = performance.now();
  const client = examination.client(["websocket"], { message() {}, closed() {} });
  const outcome = await client.open();
  if (outcome.type !== "open") return [websocketFault(examination, outcome)];
  const took = performance.now() - began;
  const { extensions } = client;
  await client.close();
  facts.hasWebSocket = true;
  const compressed = extensions === "" ? "without compression" : printable(extensions);
  return [fine("WebSocket", "websocket", `opens in ${showDuration(took)}, ${compressed}`)];
}

/** Begins with long polling and changes to WebSocket, as clients do by default. */
export async function checkUpgrade(examination: Examination): Promise<readonly Finding[]> {
  if (!examination.facts.hasWebSocket) return [];
  let settle: (failure: ConnectFailure | undefined) => void = () => {};
  const changed = new Promise<ConnectFailure | undefined>((resolve) => {
    settle = resolve;
  });
  const client = examination.client(
    ["polling", "websocket"],
    {
      message() {},
      closed: (reason) => settle({ type: "ended", transport: "websocket", reason }),
      upgraded: () => settle(undefined),
      upgradeFailed: settle,
    },
    { upgrade: true },
  );
  const outcome = await client.open();
  const failure = outcome.type === "open" ? await changed : outcome;
  await client.close();
  if (failure === undefined)
    return [fine("WebSocket", "upgrade", "a connection that began with polling changes to it")];
  const answer = "answer" in failure ? failure.answer : undefined;
  const isElsewhere = answer !== undefined && isUnknownSession(answer);
  return [
    fault(isElsewhere ? "balancing" : "WebSocket", isElsewhere ? "not-sticky" : "upgrade-failed", {
      saw: `A WebSocket opens, and one for a connection that began with polling does not: ${describeFailure(failure)}`,
      means:
        "The WebSocket went to another process than the one that holds the connection, or took too long.",
      mend: [
        "upstream servers { hash $remote_addr consistent; server …; server …; }",
        'io(url, { transports: ["websocket"] })',
      ],
    }),
  ];
}

function websocketFault({ facts, target }: Examination, failure: ConnectFailure): Finding {
  const saw = describeFailure(failure);
  switch (failure.type) {
    case "refused": {
      const { status, body } = failure.answer;
      const code = codeOf(failure.answer);
      if (code === 0 && facts.kind !== "Roomcast")
        return fault("WebSocket", "websocket-refused", {
          saw,
          means: "The server does not take WebSockets, though it offers them.",
        });
      // The request arrived as an ordinary GET.
      if (
        (status === 400 && (code === 0 || code === 3 || /websocket upgrade|bad request/i.test(body))) ||
        status === 200 ||
        status === 426
      )
        return fault("WebSocket", "upgrade-dropped", {
          saw,
          means:
            "The request arrives without its field Upgrade: a proxy removes it. Clients stay on long polling, after a failed attempt each.",
          mend: nginxUpgrade,
        });
      if (status === 403 || status === 401)
        return fault("WebSocket", "websocket-forbidden", {
          saw,
          means:
            "Long polling is let through and WebSocket is not: a firewall, a proxy, or the server's check of the origin.",
        });
      if (status === 502 || status === 503 || status === 504)
        return fault("WebSocket", "websocket-no-upstream", {
          saw,
          means: "The proxy sends WebSockets elsewhere than requests, or the server ends them.",
          mend: nginxUpgrade,
        });
      return fault("WebSocket", "websocket-refused", {
        saw,
        means: "A proxy, or the server, answers a WebSocket as if it were a page.",
      });
    }
    case "timeout":
      return fault("WebSocket", "websocket-silent", {
        saw: `A WebSocket had no first packet within ${showDuration(failure.after)}.`,
        means:
          "Something on the way swallows it: a proxy or a virus scanner that does not know WebSocket, or holds its packets back.",
        mend: nginxUpgrade,
      });
    case "unreachable":
      return fault("WebSocket", "websocket-blocked", {
        saw,
        means:
          "The request for a WebSocket is cut off, though others are answered: a firewall or proxy blocks it.",
        ...(target.address.isSecure
          ? {}
          : { mend: ["Use https: most of what blocks WebSockets cannot look into TLS."] }),
      });
    case "ended":
      return fault("WebSocket", "websocket-ended", {
        saw: `A WebSocket opens and ends at once: ${describeClose(failure.reason)}`,
        means: "A proxy or the server ends it. The log of either says why.",
      });
    case "foreign":
      return fault("WebSocket", "websocket-refused", { saw, means: "What answers is no Socket.IO server." });
    default:
      return failure satisfies never;
  }
}
