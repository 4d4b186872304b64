/** What the checks of one server share: how to ask it, and what they found out so far. */

import type { EngineRevision } from "../../client/client-dialect.ts";
import type { ClientTransportName } from "../../client/connect-failure.ts";
import { EngineClient, type EngineClientListener } from "../../client/engine-client.ts";
import { type NetworkAnswer, NetworkError } from "../../client/network.ts";
import { NodeNetwork, type NodeRequest } from "../../client/node/node-network.ts";
import type { ServerHandshake } from "../../client/server-handshake.ts";
import type { ServerTarget } from "../session/server-target.ts";
import type { Finding } from "./finding.ts";
import type { SocketServerKind } from "./server-kind.ts";

/** What the checks found out about the server. */
export interface ServerFacts {
  kind: SocketServerKind;
  /** The revision that the examination goes on with. */
  revision: EngineRevision;
  handshake: ServerHandshake | null;
  /** The first answer that opened a connection. */
  answer: NetworkAnswer | null;
  /** Whether a WebSocket brought packets. */
  hasWebSocket: boolean;
}

/** One check: it may find nothing. */
export type Check = (examination: Examination) => Promise<readonly Finding[]>;

/** Ends the examination: nothing behind this can be looked at. */
export class EndOfExamination extends Error {
  readonly findings: readonly Finding[];

  constructor(...findings: readonly Finding[]) {
    super("the examination cannot go on");
    this.findings = findings;
  }
}

/** The answer to a request, or why there is none. */
export type Asked =
  | { type: "answer"; answer: NetworkAnswer }
  | { type: "error"; error: NetworkError }
  | { type: "timeout" };

/** An examination. */
export class Examination {
  readonly target: ServerTarget;
  readonly facts: ServerFacts = {
    kind: "unknown",
    revision: 4,
    handshake: null,
    answer: null,
    hasWebSocket: false,
  };

  /** The origin of `--origin`. Only the check of origins sends it, so that others find what they are for. */
  readonly origin: string | undefined;

  constructor(target: ServerTarget) {
    const { origin, ...headers } = target.network.headers;
    this.origin = origin;
    this.target = { ...target, network: { ...target.network, headers } };
  }

  /**
   * The network of one client. Certificates are taken as they are: a check of its own looks at them.
   *
   * @param isolated - whether each request gets a connection of its own
   * @param headers - go with each request
   */
  network({
    isolated = false,
    headers = {},
  }: {
    isolated?: boolean;
    headers?: Record<string, string>;
  } = {}): NodeNetwork {
    const { network } = this.target;
    return new NodeNetwork({
      ...network,
      headers: { ...network.headers, ...headers },
      acceptsAnyCertificate: true,
      isolated,
    });
  }

  /** The query of a handshake over long polling. */
  get handshakeQuery(): Record<string, string> {
    return { EIO: String(this.facts.revision), transport: "polling" };
  }

  /** Sends one request, on a connection of its own unless a network is given. */
  async ask(request: NodeRequest, network = this.network({ isolated: true })): Promise<Asked> {
    const signal = AbortSignal.timeout(this.target.timeout);
    try {
      return { type: "answer", answer: await network.exchange(request, signal) };
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      return signal.aborted ? { type: "timeout" } : { type: "error", error };
    }
  }

  /** A client of the revision that the server speaks. */
  client(
    transports: readonly ClientTransportName[],
    listener: EngineClientListener,
    { upgrade = false, headers = {} }: { upgrade?: boolean; headers?: Record<string, string> } = {},
  ): EngineClient {
    const { engine } = this.target;
    return new EngineClient(
      this.network({ headers }),
      { ...engine, transports, upgrade, revision: this.facts.revision },
      listener,
    );
  }
}
