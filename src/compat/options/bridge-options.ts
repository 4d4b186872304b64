/** The options of socket.io's server, and what each becomes among Roomcast's own. */

import type { IncomingMessage } from "node:http";
import { appOptions, type SocketIOOptions } from "../../app/options/app-options.ts";
import { RoomcastError } from "../../base/errors.ts";
import { isPlainObject } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import type { AllowRequest, TransportName } from "../../engine/engine-options.ts";
import type { CorsSetting } from "./cors-setting.ts";
import { settleParser } from "./foreign-parser.ts";

/** Options that both have, with other values in socket.io. */
type Different =
  | "allowRequest"
  | "cookie"
  | "cors"
  | "httpCompression"
  | "parser"
  | "perMessageDeflate"
  | "transports";

/** Decides about a handshake, as socket.io's option has it. */
export type AllowRequestCallback = (
  req: IncomingMessage,
  fn: (err: string | null | undefined, success: boolean) => void,
) => void;

/** The options of the bridge: socket.io's, and those of `new SocketIO()` beside them. */
export interface BridgeOptions extends Omit<SocketIOOptions, Different> {
  allowRequest?: AllowRequestCallback;
  cookie?: boolean | string | { name: string; [attribute: string]: unknown };
  cors?: CorsSetting;
  httpCompression?: boolean | { threshold?: number };
  /** A module with `Encoder` and `Decoder`, or what Roomcast's own option takes. */
  parser?: unknown;
  perMessageDeflate?: boolean | { threshold?: number; [setting: string]: unknown };
  transports?: readonly unknown[];
  connectionStateRecovery?: { maxDisconnectionDuration?: number; skipMiddlewares?: boolean };
  cleanupEmptyChildNamespaces?: boolean;
  adapter?: unknown;
  /** These are known and change nothing. */
  addTrailingSlash?: boolean;
  destroyUpgrade?: boolean;
  destroyUpgradeTimeout?: number;
  initialPacket?: unknown;
  wsEngine?: unknown;
}

/** Options that make no difference here, each with the reason for the log; `null` for none worth a line. */
const unused: Readonly<Record<string, string | null>> = {
  addTrailingSlash: null,
  destroyUpgrade: null,
  destroyUpgradeTimeout: null,
  initialPacket: "a connection begins with no packet of the application; emit it in a connection listener",
  wsEngine: "Roomcast reads and writes WebSockets itself",
};

/** What the bridge reads itself. */
const ownNames = [
  "adapter",
  "cleanupEmptyChildNamespaces",
  "connectionStateRecovery",
  "cors",
  "allowRequest",
];

/** Where socket.io sets no limit to what the program itself does, there is a high one. */
const defaults = {
  asyncMode: "node",
  anyWebSocketOrigin: true,
  maxOutgoingBytes: 64 * 1024 * 1024,
  maxRooms: 100_000,
  maxRoomLength: 1024,
} as const satisfies SocketIOOptions;

/** What Roomcast's options are made with. */
export interface OptionParts {
  /** Tells the operator of an option that has no counterpart. */
  readonly warn: (message: string) => void;
  /** The rule of origins, out of the option `cors`; `null` for none. */
  readonly cors: SocketIOOptions["cors"];
  /** Asks the program's function and engine; `null` where there is nothing to ask. */
  readonly allowRequest: AllowRequest;
}

/**
 * Roomcast's options for those of socket.io.
 *
 * @throws {@link RoomcastError} `ERR_OPTION` for a value that cannot be used
 */
export function roomcastOptions(given: Partial<BridgeOptions>, parts: OptionParts): SocketIOOptions {
  const settled: Record<string, unknown> = { ...defaults, allowRequest: parts.allowRequest };
  if (parts.cors !== null) settled.cors = parts.cors;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || ownNames.includes(name)) continue;
    if (Object.hasOwn(unused, name)) {
      const reason = unused[name];
      if (reason != null) parts.warn(`The option ${name} of new Server() changes nothing: ${reason}.`);
    } else if (Object.hasOwn(appOptions, name)) {
      settled[name] = convert(name, value, parts);
    } else {
      parts.warn(`new Server() has no option ${quoted(name)}, and goes on without it.`);
    }
  }
  const { threshold } = isPlainObject(given.httpCompression) ? given.httpCompression : {};
  if (threshold !== undefined) settled.compressionThreshold ??= threshold;
  if (given.connectionStateRecovery && given.recovery === undefined) {
    const { maxDisconnectionDuration = 120_000 } = given.connectionStateRecovery;
    settled.recovery = { maxDisconnection: maxDisconnectionDuration };
  }
  return settled as SocketIOOptions;
}

function convert(name: string, value: unknown, { warn }: OptionParts): unknown {
  switch (name) {
    case "parser":
      return settleParser(value);
    case "transports":
      return transportsOf(value, warn);
    case "perMessageDeflate":
    case "httpCompression":
      return Boolean(value);
    case "path":
      return String(value).replace(/\/$/, "") || "/";
    case "cookie":
      return cookieOf(value);
    default:
      return value;
  }
}

function transportsOf(value: unknown, warn: (message: string) => void): readonly TransportName[] {
  const names = [value].flat();
  const known = names.filter((name) => name === "polling" || name === "websocket");
  if (known.length < names.length)
    warn(
      "The option transports of new Server() names a transport that Roomcast does not have, and goes on without it: it has polling and websocket, and no WebTransport.",
    );
  if (known.length > 0) return known;
  throw new RoomcastError(
    "ERR_OPTION",
    'The option transports of new Server() names neither "polling" nor "websocket", which are the transports there are.',
  );
}

/** The library that socket.io uses takes more forms of the same attributes. */
function cookieOf(value: unknown): unknown {
  if (!isPlainObject(value)) return value;
  const { sameSite, ...attributes } = value;
  if (sameSite === undefined || sameSite === false) return attributes;
  return { ...attributes, sameSite: sameSite === true ? "strict" : String(sameSite).toLowerCase() };
}
