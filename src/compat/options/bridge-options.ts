/** The options of socket.io's server, and what each becomes among Roomcast's own. */

import type { IncomingMessage } from "node:http";
import { appOptions, type SocketIOOptions } from "../../app/options/app-options.ts";
import { RoomcastError } from "../../base/errors.ts";
import { isPlainObject, show } from "../../base/options.ts";
import { quoted } from "../../base/printable.ts";
import { perMessageDeflateOptions } from "../../engine/deflate-options.ts";
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
  /** An error. */
  wsEngine?: unknown;
}

/** Options that make no difference here, each with the reason for the log; `null` for none worth a line. */
const unused: Readonly<Record<string, string | null>> = {
  addTrailingSlash: null,
  destroyUpgrade: null,
  destroyUpgradeTimeout: null,
  initialPacket: "a connection begins with no packet of the application; emit it in a connection listener",
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
    if (name === "wsEngine") throw noOtherEngine();
    if (Object.hasOwn(unused, name)) {
      const reason = unused[name];
      if (reason != null) parts.warn(`The option ${name} of new Server() changes nothing: ${reason}.`);
    } else if (Object.hasOwn(appOptions, name)) {
      settled[name] = convert(name, value);
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

function convert(name: string, value: unknown): unknown {
  switch (name) {
    case "parser":
      return settleParser(value);
    case "transports":
      return transportsOf(value);
    case "perMessageDeflate":
      return deflateOf(value);
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

/** Of socket.io's object, the members that mean something here too, and Roomcast's own. */
function deflateOf(value: unknown): unknown {
  if (!isPlainObject(value)) return Boolean(value);
  const { zlibDeflateOptions } = value;
  const settled: Record<string, unknown> = {};
  const given = isPlainObject(zlibDeflateOptions) ? zlibDeflateOptions.level : undefined;
  // 0 and -1 are levels for the library that socket.io uses: none, and its default.
  if (Number(given) >= 1) settled.level = given;
  for (const name in perMessageDeflateOptions) if (value[name] !== undefined) settled[name] = value[name];
  return settled;
}

function transportsOf(value: unknown): readonly TransportName[] {
  const names = [value].flat();
  const isKnown = (name: unknown) => name === "polling" || name === "websocket";
  const unknown = names.find((name) => !isKnown(name));
  if (unknown === undefined && names.length > 0) return names as readonly TransportName[];
  const found = names.length === 0 ? "names none" : `names ${show(unknown)}`;
  throw new RoomcastError(
    "ERR_OPTION",
    `The option transports of new Server() ${found}. There are "polling" and "websocket", and no WebTransport: without the option, clients can use both.`,
  );
}

function noOtherEngine(): RoomcastError {
  return new RoomcastError(
    "ERR_OPTION",
    "The option wsEngine of new Server() has nothing to replace: Roomcast reads and writes WebSockets itself. Leave it out.",
  );
}

/** The library that socket.io uses takes more forms of the same attributes. */
function cookieOf(value: unknown): unknown {
  if (!isPlainObject(value)) return value;
  const { sameSite, ...attributes } = value;
  if (sameSite === undefined || sameSite === false) return attributes;
  return { ...attributes, sameSite: sameSite === true ? "strict" : String(sameSite).toLowerCase() };
}
