/** Opens the WebSocket of a client: a connection begins there, or a probe precedes the change to it. */

import type { Clock } from "../base/time/clock.ts";
import { type ClientDialect, dialect3 } from "./client-dialect.ts";
import type { ClientCloseReason, ConnectFailure } from "./connect-failure.ts";
import type {
  ClientNetwork,
  ClientSocketLink,
  ClientSocketListener,
  NetworkAnswer,
  RequestQuery,
} from "./network.ts";
import { readServerHandshake, type ServerHandshake } from "./server-handshake.ts";

/** A WebSocket that is ready for packets. */
export interface OpenedSocket {
  readonly type: "opened";
  readonly link: ClientSocketLink;
  readonly extensions: string;
}

/** A connection that began on a WebSocket. */
export interface BegunSocket {
  readonly type: "begun";
  readonly link: ClientSocketLink;
  readonly extensions: string;
  readonly handshake: ServerHandshake;
  readonly dialect: ClientDialect;
  /** What came behind the handshake already. */
  readonly early: readonly (string | Uint8Array)[];
}

/** Is told what comes over the WebSocket once it is open. */
export interface OpenedSocketOwner {
  frame(data: string | Uint8Array): void;
  ended(reason: ClientCloseReason): void;
}

/** How long to wait. */
export interface OpeningPatience {
  readonly clock: Clock;
  /** In ms. */
  readonly timeout: number;
}

/** How long to wait for what tells a server of revision 3 from one of 4, in ms. */
const dialectWait = 300;

/** One attempt: it ends with an outcome, and from then on its frames belong to the owner. */
class Opening<Outcome> {
  readonly link: ClientSocketLink;
  readonly #settle: (outcome: Outcome | ConnectFailure) => void;
  readonly #owner: OpenedSocketOwner;
  extensions = "";
  #isSettled = false;

  constructor(
    network: ClientNetwork,
    query: RequestQuery,
    settle: (outcome: Outcome | ConnectFailure) => void,
    parts: Pick<ClientSocketListener, "received"> & {
      owner: OpenedSocketOwner;
      opened?: (link: ClientSocketLink) => void;
      refused?: (answer: NetworkAnswer) => boolean;
    },
  ) {
    this.#settle = settle;
    this.#owner = parts.owner;
    const ended = (reason: ClientCloseReason, failure: ConnectFailure) => {
      if (this.#isSettled) this.#owner.ended(reason);
      else this.settle(failure);
    };
    this.link = network.openWebSocket(query, {
      opened: (extensions) => {
        this.extensions = extensions;
        parts.opened?.(this.link);
      },
      received: (data) => {
        if (this.#isSettled) this.#owner.frame(data);
        else parts.received(data);
      },
      refused: (answer) => {
        if (!parts.refused?.(answer)) this.settle({ type: "refused", transport: "websocket", answer });
      },
      failed: (error) =>
        ended({ type: "transport error", error }, { type: "unreachable", transport: "websocket", error }),
      closed: (code, text) => {
        const reason: ClientCloseReason = { type: "transport closed", code, reason: text };
        ended(reason, { type: "ended", transport: "websocket", reason });
      },
    });
  }

  settle(outcome: Outcome | ConnectFailure): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#settle(outcome);
  }

  /** Ends the attempt with a failure of what was received. */
  refuse(data: string | Uint8Array, due: string): void {
    if (this.#isSettled) return;
    this.link.abort();
    const message = `"${String(data).slice(0, 80)}" in place of ${due}`;
    this.settle({ type: "ended", transport: "websocket", reason: { type: "protocol error", message } });
  }

  /** Ends the attempt because nothing came in time. */
  expire(after: number): void {
    if (this.#isSettled) return;
    this.link.abort();
    this.settle({ type: "timeout", transport: "websocket", after });
  }
}

/**
 * Begins a connection on a WebSocket.
 *
 * @param guesses - whether to find out which revision the server speaks
 */
export function beginOnSocket(
  network: ClientNetwork,
  dialect: ClientDialect,
  { clock, timeout, guesses }: OpeningPatience & { guesses: boolean },
  owner: OpenedSocketOwner,
): Promise<BegunSocket | ConnectFailure> {
  return new Promise((resolve) => {
    let handshake: ServerHandshake | undefined;
    const begin = (spoken: ClientDialect, early: readonly (string | Uint8Array)[]) => {
      if (handshake === undefined) return;
      const { link, extensions } = opening;
      opening.settle({ type: "begun", link, extensions, handshake, dialect: spoken, early });
    };
    const opening = new Opening<BegunSocket>(
      network,
      { ...dialect.query, transport: "websocket" },
      (outcome) => {
        timer.cancel();
        resolve(outcome);
      },
      {
        owner,
        refused: (answer) => {
          if (!guesses || !knowsRevision3Alone(answer)) return false;
          timer.cancel();
          resolve(beginOnSocket(network, dialect3, { clock, timeout, guesses: false }, owner));
          return true;
        },
        received: (data) => {
          if (handshake !== undefined) {
            // A server of revision 4 says nothing before it is asked.
            begin(dialect3, [data]);
            return;
          }
          if (typeof data === "string" && data.startsWith("0"))
            handshake = readServerHandshake(data.slice(1));
          if (handshake === undefined) opening.refuse(data, "a handshake");
          else if (guesses && handshake.maxPayload === null) {
            timer.cancel();
            timer = clock.after(dialectWait, () => begin(dialect, []), true);
          } else begin(dialect, []);
        },
      },
    );
    let timer = clock.after(timeout, () => opening.expire(timeout), true);
  });
}

/**
 * Tries out a WebSocket for a connection that began with long polling.
 *
 * @param query - with the id of the connection
 * @param settle - gets the outcome, at once when the probe is answered
 * @returns a function that ends the attempt
 */
export function probeSocket(
  network: ClientNetwork,
  query: RequestQuery,
  { clock, timeout, owner }: OpeningPatience & { owner: OpenedSocketOwner },
  settle: (outcome: OpenedSocket | ConnectFailure) => void,
): () => void {
  let isStopped = false;
  const opening = new Opening<OpenedSocket>(
    network,
    query,
    (outcome) => {
      timer.cancel();
      if (!isStopped) settle(outcome);
    },
    {
      owner,
      opened: (link) => {
        link.send("2probe");
      },
      received: (data) => {
        const { link, extensions } = opening;
        if (data === "3probe") opening.settle({ type: "opened", link, extensions });
        else opening.refuse(data, "the answer to the probe");
      },
    },
  );
  const timer = clock.after(timeout, () => opening.expire(timeout));
  return () => {
    isStopped = true;
    opening.expire(0);
  };
}

/** Whether a refusal says that the server does not know revision 4. */
export function knowsRevision3Alone({ status, body }: NetworkAnswer): boolean {
  return status === 400 && /unsupported/i.test(body) && /version/i.test(body);
}
