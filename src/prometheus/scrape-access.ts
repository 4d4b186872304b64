/** Decides which requests may read the metrics. */

import { BlockList, isIPv6 } from "node:net";
import { nodeCrypto } from "../base/node-crypto.ts";
import { isPassedOn } from "../base/proxy-fields.ts";

/** A request for the metrics. */
export interface ScrapeRequest {
  /** The network address of the peer: of a proxy, where one is between. `null` where it is not known. */
  readonly address: string | null;
  /** The value of a header field, by its name in lower case; `null` where there is none. */
  header(name: string): string | null;
}

/** Decides about a request. */
export type ScrapeRule = (request: ScrapeRequest) => boolean | Promise<boolean>;

/** Why a request is refused. */
export interface ScrapeRefusal {
  readonly status: 401 | 403;
  readonly text: string;
}

const ownNetworks = new BlockList();
for (const [network, prefix] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
] as const) {
  ownNetworks.addSubnet(network, prefix, "ipv4");
}
ownNetworks.addAddress("::1", "ipv6");
ownNetworks.addSubnet("fc00::", 7, "ipv6");
ownNetworks.addSubnet("fe80::", 10, "ipv6");

const notLocal: ScrapeRefusal = {
  status: 403,
  text:
    "Metrics are for this machine and its private network, without a proxy between. To read them from elsewhere, " +
    "give prometheus() a token, or a function as allow.\n",
};

/** The rule of one handler. */
export class ScrapeAccess {
  readonly #token: Buffer | null;
  readonly #allow: ScrapeRule | null;

  /**
   * @param token - the token that requests need; `null` for none
   * @param allow - decides about requests; `null` for the usual rule
   */
  constructor(token: string | null, allow: ScrapeRule | null) {
    this.#token = token === null ? null : digest(`Bearer ${token}`);
    this.#allow = allow;
  }

  /** The refusal of a request; `null` where it may read the metrics. */
  async check(request: ScrapeRequest): Promise<ScrapeRefusal | null> {
    if (this.#token !== null) {
      // The name of a scheme may be written in any case.
      const given = digest((request.header("authorization") ?? "").replace(/^bearer +/i, "Bearer "));
      // In a time that says nothing of how much is right.
      if (!nodeCrypto().timingSafeEqual(given, this.#token))
        return { status: 401, text: "A token is needed: Authorization: Bearer …\n" };
    }
    if (this.#allow !== null) {
      return (await this.#allow(request)) === true ? null : { status: 403, text: "Forbidden\n" };
    }
    return this.#token !== null || isLocal(request) ? null : notLocal;
  }
}

/** Whether a request comes from this machine or its private network, and no proxy has passed it on. */
function isLocal(request: ScrapeRequest): boolean {
  if (request.address === null || isPassedOn((name) => request.header(name) !== null)) return false;
  const address = request.address.replace(/^::ffff:/i, "").replace(/%.*$/, "");
  return ownNetworks.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function digest(text: string): Buffer {
  return nodeCrypto().createHash("sha256").update(text).digest();
}
