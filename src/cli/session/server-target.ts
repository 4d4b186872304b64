/** What a command line says of the server, and of how to connect to it. */

import { readFileSync } from "node:fs";
import { quoted } from "../../base/printable.ts";
import type { EngineRevision } from "../../client/client-dialect.ts";
import type { ClientTransportName } from "../../client/connect-failure.ts";
import type { EngineClientSettings } from "../../client/engine-client.ts";
import type { NodeNetworkSettings } from "../../client/node/node-network.ts";
import { usageFailure } from "../exit-code.ts";
import { readJsonObject } from "../input/event-value.ts";
import type { Flags } from "../input/flags.ts";
import { readServerAddress, type ServerAddress } from "../input/server-address.ts";

/** One server, and how to connect to it. */
export interface ServerTarget {
  /** As it was typed. */
  readonly url: string;
  readonly address: ServerAddress;
  readonly network: NodeNetworkSettings;
  readonly engine: EngineClientSettings;
  readonly auth: Record<string, unknown> | undefined;
  /** In ms. */
  readonly timeout: number;
}

const defaultTimeout = 10_000;

const transportsOf: Readonly<Record<string, readonly ClientTransportName[]>> = {
  auto: ["polling", "websocket"],
  polling: ["polling"],
  websocket: ["websocket"],
};

/**
 * Reads what the command line says of the server.
 *
 * @param upgrade - whether a connection that began with long polling changes to WebSocket
 * @throws CommandFailure when it is wrong
 */
export function readTarget(url: string, flags: Flags, upgrade: boolean): ServerTarget {
  const address = readServerAddress(url, { path: flags.text("path"), namespace: flags.text("namespace") });
  const timeout = flags.duration("timeout", defaultTimeout);
  const transport = flags.oneOf("transport", ["auto", "polling", "websocket"], "auto");
  const authText = flags.text("auth");
  const auth = authText === undefined ? undefined : readJsonObject(authText, "auth");
  const headers = readHeaders(flags);
  const ca = flags.text("ca");
  return {
    url,
    address,
    timeout,
    auth,
    network: {
      origin: address.origin,
      path: address.path,
      query: address.query,
      headers,
      acceptsAnyCertificate: flags.has("insecure"),
      ...(ca === undefined ? {} : { authorities: readCertificate(ca) }),
    },
    engine: {
      transports: transportsOf[transport] ?? [],
      upgrade,
      revision: revisionOf(flags.oneOf("eio", ["auto", "4", "3"], "auto")),
      connectTimeout: timeout,
    },
  };
}

function revisionOf(word: "auto" | "4" | "3"): EngineRevision | "auto" {
  if (word === "auto") return word;
  return word === "3" ? 3 : 4;
}

function readHeaders(flags: Flags): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const field of flags.texts("header")) {
    const [, name, value = ""] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(field) ?? [];
    if (name === undefined)
      throw usageFailure(`--header takes a field such as "Cookie: id=1", not ${quoted(field)}.`);
    headers[name.toLowerCase()] = value;
  }
  const origin = flags.text("origin");
  if (origin === undefined) return headers;
  if (!/^https?:\/\/[^/]+$/.test(origin))
    throw usageFailure(
      `--origin takes scheme and host, as in https://app.example.com, not ${quoted(origin)}.`,
    );
  return { ...headers, origin };
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw usageFailure(
      `The file ${quoted(path)} of --ca cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}
