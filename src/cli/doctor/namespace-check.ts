/** Whether the client is let into its namespace. */

import { quoted } from "../../base/printable.ts";
import { describeClose } from "../../client/connect-failure.ts";
import { SocketIOClient } from "../../client/socketio-client.ts";
import { showDuration } from "../input/duration.ts";
import { showRefusal } from "../output/event-text.ts";
import type { Examination } from "./examination.ts";
import { type Finding, fault, fine } from "./finding.ts";

/** Joins the namespace with the auth of the command line. */
export async function checkNamespace(examination: Examination): Promise<readonly Finding[]> {
  const { target, facts } = examination;
  const { namespace } = target.address;
  const settings = { ...target.engine, upgrade: false, revision: facts.revision };
  const client = new SocketIOClient(examination.network(), settings, {});
  const opened = await client.connect();
  if (opened.type !== "open") return [];
  const outcome = await client.join(namespace, target.auth, target.timeout);
  await client.close();
  const name = quoted(namespace);
  switch (outcome.type) {
    case "joined":
      return [
        fine(
          "namespace",
          "namespace",
          `${namespace} lets the client in${target.auth ? " with this auth" : ""}`,
        ),
      ];
    case "refused": {
      const words = showRefusal(outcome.payload);
      if (/^(?:invalid namespace|unable to connect)$/i.test(words))
        return [
          fault("namespace", "namespace-missing", {
            saw: `${name} is refused: ${words}`,
            means: "The server has no such namespace. In the URL of a client, the path is the namespace.",
            mend:
              facts.kind === "python-socketio"
                ? [`@sio.on("connect", namespace=${name})`]
                : [
                    facts.kind === "Roomcast"
                      ? `socketio.namespace(${name}).on("connect", () => {});`
                      : `io.of(${name});`,
                  ],
          }),
        ];
      return [
        fault("namespace", "auth-refused", {
          saw: `${name} is refused: ${words}`,
          means: `The server's middleware or connect handler refuses the client${target.auth ? " with this auth" : ": it may want auth"}.`,
          mend: ['io(url, { auth: { token: "…" } }) // here: --auth \'{"token":"…"}\''],
        }),
      ];
    }
    case "timeout":
      return [
        fault("namespace", "namespace-silent", {
          saw: `No answer within ${showDuration(outcome.after)} whether the client may join ${name}.`,
          means:
            "A middleware of the server does not call next(), or its connect handler waits for something.",
        }),
      ];
    case "closed":
      return [
        fault("namespace", "namespace-closed", {
          saw: `The connection ended when the client asked for ${name}: ${describeClose(outcome.reason)}`,
          means: "The server or a proxy ended it; the log of the server may say why.",
        }),
      ];
    default:
      return outcome satisfies never;
  }
}
