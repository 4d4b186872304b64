/** Connects the clients of a load test: each with its own auth, and as the server speaks. */

import { EngineClient, type OpenOutcome } from "../../../client/engine-client.ts";
import type { ByteTraffic } from "../../../client/node/light-socket.ts";
import { NodeNetwork } from "../../../client/node/node-network.ts";
import { queryOf } from "../../../client/socketio-client.ts";
import type { ServerTarget } from "../../session/server-target.ts";
import { fillClient, hasClientPlace } from "./event-template.ts";
import { LoadClient, type LoadClientOwner } from "./load-client.ts";

/** What differs between clients. */
export interface ClientIdentity {
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/** What a connector has. */
export interface ConnectorParts {
  readonly target: ServerTarget;
  /** Namespaces that clients are spread over; empty for the one of the target. */
  readonly namespaces: readonly string[];
  readonly owner: LoadClientOwner;
  readonly traffic: ByteTraffic;
  /** What a scenario says of a client. */
  readonly identify: (number: number) => ClientIdentity | Promise<ClientIdentity>;
  /** Is told each client that is connected, before it is in its namespace. */
  readonly created: (client: LoadClient) => void;
}

/** Connects clients. */
export class Connector {
  readonly #parts: ConnectorParts;
  #revision: ServerTarget["engine"]["revision"];

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
    this.#revision = parts.target.engine.revision;
  }

  /**
   * Connects a client, which then asks for its namespace.
   *
   * @param number - from 1
   */
  async connect(number: number): Promise<{ client: LoadClient; outcome: OpenOutcome }> {
    const identity = await this.#identityOf(number);
    const client = this.#newClient(number, identity);
    client.startedAt = performance.now();
    const outcome = await client.open();
    if (outcome.type !== "open") return { client, outcome };
    const { revision } = client.engine;
    const isKnown = this.#revision !== "auto";
    // The others need not find out what the first has found.
    this.#revision = revision;
    if (!isKnown && revision === 3 && identity.auth !== undefined && identity.namespace === "/") {
      // Auth for this namespace is in the query of the connection, so it takes another one.
      await client.stop();
      return this.connect(number);
    }
    this.#parts.created(client);
    client.join();
    return { client, outcome };
  }

  async #identityOf(
    number: number,
  ): Promise<Required<Omit<ClientIdentity, "auth">> & Pick<ClientIdentity, "auth">> {
    const { target, namespaces, identify } = this.#parts;
    const { network, address } = target;
    const own = await identify(number);
    const auth = own.auth ?? filled(target.auth, number);
    return {
      namespace: own.namespace ?? namespaces[(number - 1) % namespaces.length] ?? address.namespace,
      headers: { ...filled(network.headers, number), ...lowerNames(own.headers) },
      query: { ...filled(network.query, number), ...own.query },
      ...(auth === undefined ? {} : { auth }),
    };
  }

  #newClient(
    number: number,
    { namespace = "/", auth, headers = {}, query = {} }: ClientIdentity,
  ): LoadClient {
    const { target, owner, traffic } = this.#parts;
    const inQuery = this.#revision === 3 && namespace === "/" && auth !== undefined;
    const authQuery = inQuery ? Object.fromEntries(new URLSearchParams(queryOf(auth))) : {};
    const network = { ...target.network, headers, query: { ...query, ...authQuery }, light: true, traffic };
    const engine = { ...target.engine, revision: this.#revision };
    return new LoadClient({
      number,
      namespace,
      auth,
      owner,
      open: (listener) => new EngineClient(new NodeNetwork(network), engine, listener),
    });
  }
}

/** Plain data in which `{{client}}` is filled. */
function filled<Value>(value: Value, number: number): Value {
  const json = JSON.stringify(value);
  return json !== undefined && hasClientPlace(json) ? JSON.parse(fillClient(json, number)) : value;
}

function lowerNames(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
