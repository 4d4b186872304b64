/** The first packet of a server on a new connection. Servers differ in what they leave out. */

/** What a server says of a new connection. */
export interface ServerHandshake {
  readonly sid: string;
  /** Transports that the client may change to. */
  readonly upgrades: readonly string[];
  /** In ms. */
  readonly pingInterval: number;
  /** In ms. */
  readonly pingTimeout: number;
  /** Bytes of the largest message; `null` where the server does not say it, as before Socket.IO 4.4. */
  readonly maxPayload: number | null;
}

/**
 * Reads the data of an `open` packet.
 *
 * @param data - JSON such as `{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}`
 * @returns `undefined` where it is none
 */
export function readServerHandshake(data: string): ServerHandshake | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null) return undefined;
  const { sid, upgrades, pingInterval, pingTimeout, maxPayload } = fields as Record<string, unknown>;
  if (typeof sid !== "string" || typeof pingInterval !== "number" || typeof pingTimeout !== "number")
    return undefined;
  return {
    sid,
    upgrades: Array.isArray(upgrades)
      ? upgrades.filter((name): name is string => typeof name === "string")
      : [],
    pingInterval,
    pingTimeout,
    maxPayload: typeof maxPayload === "number" ? maxPayload : null,
  };
}
