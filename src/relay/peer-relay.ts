/**
 * Leads requests to the process that holds their connection, so that no load balancer has to be sticky:
 *
 *     client            this process                      owner of the connection
 *       | GET ?sid=a.… -----> |  a is another process ------> |  waits for packets
 *       | <--- 200 packets -- | <----------- 200 packets ---- |
 *       | upgrade ?sid=a.… -> |  a WebSocket on each side --> |  messages go through, both ways
 *
 * It speaks HTTP to peers, and knows of exchanges only through the engine's ports, whichever runtime they
 * came by.
 */

import type { ClientRequest, IncomingMessage } from "node:http";
import type { Agent } from "node:https";
import { BodyGatherer } from "../adapter/node/exchange/request-body.ts";
import { NodeUpgrade } from "../adapter/node/node-adapter.ts";
import type { HandoverWorker } from "../adapter/node/socket-handover.ts";
import type { ConnectionRelay, HttpExchange, HttpResponse, UpgradeExchange } from "../engine/ports.ts";
import { httpErrorResponse, httpErrors } from "../engine/request/http-error.ts";
import { clientChannel, type PeerAddress } from "./peer-channel.ts";
import { TimeLimit } from "./time-limit.ts";
import { type BridgeLimits, highWater, lookInterval, WebSocketBridge } from "./websocket-bridge.ts";

/** Knows the other nodes. */
export interface PeerDirectory {
  /** Where the process of this name takes requests; `undefined` when none that lives has it. */
  addressOf(node: string): PeerAddress | undefined;
}

/** Connections to one peer are kept for this long after their last use, in ms. */
const idleTimeout = 15_000;

/** Fields that are about one hop, and not for the next (RFC 9110 §7.6.1). */
const hopFields = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The connections to one peer. */
interface RelayAgent {
  readonly address: PeerAddress;
  readonly agent: Agent;
}

/** How long a client may take over one answer, in ms. */
const longestAnswer = 120_000;

/** What a relay takes from clients, and how long it waits for others. */
export interface RelayLimits extends BridgeLimits {
  /**
   * How many requests for a WebSocket may wait for an owner's answer, each with a connection of its own to
   * it.
   */
  readonly maxWaitingUpgrades: number;
}

/** One process's way to its peers. */
export class PeerRelay implements ConnectionRelay {
  readonly prefix: string;
  readonly #directory: PeerDirectory;
  readonly #limits: RelayLimits;
  readonly #handover: HandoverWorker | null;
  readonly #agents = new Map<string, RelayAgent>();
  /** The bytes of answers that clients have not taken, by the id of the connection. */
  readonly #untaken = new Map<string, number>();
  /** The connections whose poll is kept back. */
  readonly #held = new Set<string>();
  #waitingUpgrades = 0;
  #closed = false;

  /**
   * @param node - the name of this process: letters, digits, `-` and `_`
   * @param directory - knows the other nodes
   * @param limits - what it takes from clients, and how long it waits
   * @param handover - the way for sockets to other processes of this machine
   */
  constructor(
    node: string,
    directory: PeerDirectory,
    limits: RelayLimits,
    handover: HandoverWorker | null = null,
  ) {
    this.prefix = `${node}.`;
    this.#directory = directory;
    this.#limits = limits;
    this.#handover = handover;
  }

  relayRequest(id: string, exchange: HttpExchange): boolean {
    const agent = this.#agentFor(id);
    if (agent === undefined) return false;
    if (exchange.request.method === "GET" && this.#waitsFor(id)) this.#hold(agent, id, exchange);
    else this.#forward(agent, id, exchange);
    return true;
  }

  /** Whether the client has not taken most of what it was sent. */
  #waitsFor(id: string): boolean {
    return (this.#untaken.get(id) ?? 0) > highWater;
  }

  /**
   * Keeps a poll back until its client has taken the answers before, which its owner cannot know of. Most
   * clients poll after that; one that takes nothing is told that its connection is gone, which then ends for
   * want of polls.
   */
  #hold(agent: RelayAgent, id: string, exchange: HttpExchange): void {
    // As its owner would: a connection has one poll at a time.
    if (this.#held.has(id)) {
      exchange.respond(httpErrorResponse(httpErrors.badRequest));
      return;
    }
    this.#held.add(id);
    const end = performance.now() + this.#limits.patience;
    const look = setInterval(() => {
      const isLate = performance.now() > end;
      if (!isLate && this.#waitsFor(id)) return;
      clearInterval(look);
      this.#held.delete(id);
      if (isLate) exchange.respond(unknownSession());
      else this.#forward(agent, id, exchange);
    }, lookInterval);
    look.unref();
  }

  /** Answers a client, and counts the answer until it has been taken. */
  #answer(id: string, exchange: HttpExchange, response: HttpResponse, size: number): () => void {
    this.#untaken.set(id, (this.#untaken.get(id) ?? 0) + size);
    // A client that does not take it has lost its connection by then.
    const late = setTimeout(() => exchange.cut(), longestAnswer);
    late.unref();
    exchange.respond(response);
    return () => {
      clearTimeout(late);
      const left = (this.#untaken.get(id) ?? 0) - size;
      if (left > 0) this.#untaken.set(id, left);
      else this.#untaken.delete(id);
    };
  }

  relayUpgrade(id: string, exchange: UpgradeExchange): boolean {
    if (this.#handOver(id, exchange)) return true;
    const agent = this.#agentFor(id);
    if (agent === undefined) return false;
    if (this.#waitingUpgrades >= this.#limits.maxWaitingUpgrades) {
      exchange.refuse(httpErrorResponse(httpErrors.tooManyHandshakes));
      return true;
    }
    this.#waitingUpgrades += 1;
    void this.#connect(agent.address, exchange);
    return true;
  }

  /** Opens a WebSocket to the owner, and accepts the client when the owner has accepted. */
  async #connect(address: PeerAddress, exchange: UpgradeExchange): Promise<void> {
    const { WebSocket } = await import("ws");
    const { url, headers } = exchange.request;
    const { host, port } = address;
    const { maxLength, patience } = this.#limits;
    let isWaiting = true;
    const stopWaiting = () => {
      if (isWaiting) this.#waitingUpgrades -= 1;
      isWaiting = false;
    };
    // What a server takes in a query, a URL that is dialled has only escaped.
    const target = url.replaceAll("#", "%23");
    let peer: InstanceType<typeof WebSocket>;
    try {
      peer = new WebSocket(`wss://${host.includes(":") ? `[${host}]` : host}:${port}${target}`, {
        ...clientChannel(address),
        headers: relayedFields(headers, true),
        maxPayload: maxLength,
        perMessageDeflate: false,
        handshakeTimeout: patience,
      });
    } catch {
      // One client's request cannot be sent on; that is no fault of the server's.
      stopWaiting();
      exchange.refuse(httpErrorResponse(httpErrors.badRequest));
      return;
    }
    peer.once("open", stopWaiting).once("close", stopWaiting);
    // The client is accepted when the owner has accepted: what the owner refuses, it is refused.
    peer.once("open", () => {
      let isAccepted = false;
      exchange.accept({}, (link) => {
        isAccepted = true;
        return new WebSocketBridge(link, peer, this.#limits);
      });
      // It has left, or speaks no WebSocket.
      if (!isAccepted) peer.terminate();
    });
    peer.once("unexpected-response", (_request, response) => {
      response.resume();
      exchange.refuse(
        httpErrorResponse(response.statusCode === 403 ? httpErrors.forbidden : httpErrors.badRequest),
      );
      peer.terminate();
    });
    peer.on("error", () => exchange.refuse(unknownSession()));
  }

  /** Closes the connections to peers. */
  close(): void {
    this.#closed = true;
    for (const { agent } of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  /**
   * Gives the socket itself to its owner where that is on this machine: then nothing goes through here any
   * more.
   */
  #handOver(id: string, exchange: UpgradeExchange): boolean {
    const node = id.slice(0, Math.max(id.indexOf("."), 0));
    if (this.#handover?.reaches(node) !== true || !(exchange instanceof NodeUpgrade)) return false;
    const upgrade = exchange.detach();
    if (upgrade !== null) this.#handover.hand(node, upgrade);
    return upgrade !== null;
  }

  #agentFor(id: string): RelayAgent | undefined {
    const end = id.indexOf(".");
    if (end === -1 || this.#closed) return undefined;
    const node = id.slice(0, end);
    const address = this.#directory.addressOf(node);
    const known = this.#agents.get(node);
    if (known !== undefined && known.address === address) return known;
    // It is gone, or another process took its name.
    known?.agent.destroy();
    this.#agents.delete(node);
    if (address === undefined) return undefined;
    const agent = new (process.getBuiltinModule("node:https").Agent)({
      ...clientChannel(address),
      keepAlive: true,
      timeout: idleTimeout,
    });
    this.#agents.set(node, { address, agent });
    return { address, agent };
  }

  /**
   * Asks the owner, and sends the body once the owner wants it. For an unknown connection it is never read.
   */
  #forward({ address, agent }: RelayAgent, id: string, exchange: HttpExchange): void {
    const { method, url, headers } = exchange.request;
    const isPost = method === "POST";
    let outgoing: ClientRequest;
    try {
      outgoing = process.getBuiltinModule("node:https").request({
        agent,
        method,
        path: url,
        headers: { ...relayedFields(headers, false), ...(isPost ? announcedBody(headers) : {}) },
        ...clientChannel(address),
      });
    } catch {
      // One client's request cannot be sent on; that is no fault of the server's.
      exchange.respond(httpErrorResponse(httpErrors.badRequest));
      return;
    }
    const { patience, longestSilence } = this.#limits;
    const limit = new TimeLimit(() => outgoing.destroy(new Error("the owner says nothing")));
    limit.start(isPost ? patience : longestSilence);
    let onTaken = () => {};
    outgoing.once("continue", () => {
      // How long a client takes over its body is for the server to say that it sends it to.
      limit.end();
      void this.#sendBody(outgoing, exchange).then(() => limit.start(patience));
    });
    outgoing.once("response", (incoming) => {
      // The owner has its own bound for what a client is to get.
      const body = new BodyGatherer(Number.POSITIVE_INFINITY);
      incoming.on("data", (piece: Buffer) => {
        body.add(piece);
        limit.restart();
      });
      incoming.on("error", () => exchange.respond(unknownSession()));
      incoming.on("end", () => {
        limit.end();
        onTaken = this.#answer(id, exchange, answerOf(incoming, body.bytes), body.bytes.length);
        // The owner wanted no body. What follows on this connection would be taken for one.
        if (!outgoing.writableEnded) outgoing.destroy();
      });
    });
    // The owner is gone, and its connections with it: the client starts over, at once.
    outgoing.on("error", () => exchange.respond(unknownSession()));
    outgoing.once("close", () => limit.end());
    // The owner learns that a client goes away in the middle, as if the client had asked the owner
    // itself.
    exchange.onEnd((isTaken) => {
      onTaken();
      if (!isTaken) outgoing.destroy();
    });
    if (!isPost) outgoing.end();
  }

  /**
   * Reads a body and sends it on. What cannot be sent as it was announced breaks off, and the owner ends the
   * connection.
   */
  async #sendBody(outgoing: ClientRequest, exchange: HttpExchange): Promise<void> {
    const announced = exchange.request.headers["content-length"];
    const body = await exchange.readBody(this.#limits.maxLength).catch(() => null);
    if (body !== null && body !== undefined && Number(announced ?? body.length) === body.length) {
      outgoing.end(body);
      return;
    }
    const error = body === undefined ? httpErrors.payloadTooLarge : httpErrors.badRequest;
    exchange.respond(httpErrorResponse(error));
    outgoing.destroy();
  }
}

/** The fields that tell an owner of a body which it is to ask for (RFC 9110 §10.1.1). */
function announcedBody(headers: HttpExchange["request"]["headers"]): Record<string, string> {
  const { "content-length": length } = headers;
  return {
    expect: "100-continue",
    ...(typeof length === "string" ? { "content-length": length } : { "transfer-encoding": "chunked" }),
  };
}

/** What the owner has answered, for its client. */
function answerOf({ statusCode = 500, headers }: IncomingMessage, body: Uint8Array): HttpResponse {
  const fields = relayedFields(headers, false);
  // The rest of a body that was too long is not read here either.
  return {
    status: statusCode,
    headers: statusCode === 413 ? { ...fields, connection: "close" } : fields,
    body,
  };
}

function unknownSession(): HttpResponse {
  return httpErrorResponse(httpErrors.unknownSession);
}

/** The fields that the other side is to see as they are. */
function relayedFields(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  isUpgrade: boolean,
): Record<string, string> {
  const relayed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopFields.has(name)) continue;
    if (isUpgrade && name.startsWith("sec-websocket-")) continue;
    relayed[name] = Array.isArray(value) ? value.join(name === "cookie" ? "; " : ", ") : value;
  }
  return relayed;
}
