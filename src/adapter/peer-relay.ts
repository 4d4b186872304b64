/**
 * Leads requests to the process that holds their connection, so that no load balancer has to be sticky:
 *
 *     client            this process                      owner of the connection
 *       | GET ?sid=a.… -----> |  a is another process ------> |  waits for packets
 *       | <--- 200 packets -- | <----------- 200 packets ---- |
 *       | upgrade ?sid=a.… -> |  a WebSocket on each side --> |  messages go through, both ways
 *
 * It speaks HTTP to peers, and knows of exchanges only through the engine's ports, whichever runtime they came by.
 */

import { Agent, request as httpsRequest } from "node:https";
import { WebSocket } from "ws";
import { encodeBinaryFrameHeader, encodeTextFrame } from "../engine/frame.ts";
import { httpErrorResponse, httpErrors } from "../engine/http-error.ts";
import type {
  ConnectionRelay,
  HttpExchange,
  HttpResponse,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "../engine/ports.ts";
import { NodeUpgrade } from "./node.ts";
import { clientChannel, type PeerAddress } from "./peer-channel.ts";
import { BodyGatherer } from "./request-body.ts";
import type { SocketHandover } from "./socket-handover.ts";

/** Who knows the other processes. */
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

/** How long a poll waits for its client to take the answers before, in ms. */
const patience = 10_000;
/** How long a client may take over one answer, in ms. */
const longestAnswer = 120_000;

/** One process's way to its peers. */
export class PeerRelay implements ConnectionRelay {
  readonly prefix: string;
  readonly #directory: PeerDirectory;
  readonly #maxLength: number;
  readonly #handover: SocketHandover | null;
  readonly #agents = new Map<string, RelayAgent>();
  /** The bytes of answers that clients have not taken, by the id of the connection. */
  readonly #untaken = new Map<string, number>();
  #closed = false;

  /**
   * @param node - the name of this process: letters, digits, `-` and `_`
   * @param directory - who knows the others
   * @param maxLength - the longest message or body to hand on, in bytes
   * @param handover - the way for sockets to other processes of this machine
   */
  constructor(
    node: string,
    directory: PeerDirectory,
    maxLength: number,
    handover: SocketHandover | null = null,
  ) {
    this.prefix = `${node}.`;
    this.#directory = directory;
    this.#maxLength = maxLength;
    this.#handover = handover;
  }

  relayRequest(id: string, exchange: HttpExchange): boolean {
    const agent = this.#agentFor(id);
    if (agent === undefined) return false;
    if (exchange.request.method === "GET" && this.#waitsFor(id)) this.#hold(agent, id, exchange);
    else void this.#forward(agent, id, exchange);
    return true;
  }

  /** Whether the client has not taken most of what it was sent. */
  #waitsFor(id: string): boolean {
    return (this.#untaken.get(id) ?? 0) > highWater;
  }

  /**
   * Keeps a poll back until its client has taken the answers before, which its owner cannot know of. Most clients poll after that;
   * one that takes nothing is told that its connection is gone, which then ends for want of polls.
   */
  #hold(agent: RelayAgent, id: string, exchange: HttpExchange): void {
    const end = performance.now() + patience;
    const look = setInterval(() => {
      const isLate = performance.now() > end;
      if (!isLate && this.#waitsFor(id)) return;
      clearInterval(look);
      if (isLate) exchange.respond(unknownSession());
      else void this.#forward(agent, id, exchange);
    }, lookInterval);
    look.unref();
  }

  /** Answers a client, and counts the answer until it has been taken. */
  #answer(id: string, exchange: HttpExchange, response: HttpResponse, size: number): () => void {
    this.#untaken.set(id, (this.#untaken.get(id) ?? 0) + size);
    // One who does not take it has no connection any more by then.
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
    const { url, headers } = exchange.request;
    const { host, port } = agent.address;
    const peer = new WebSocket(`wss://${host.includes(":") ? `[${host}]` : host}:${port}${url}`, {
      ...clientChannel(agent.address),
      headers: relayedFields(headers, true),
      maxPayload: this.#maxLength,
      perMessageDeflate: false,
    });
    // The client is accepted when the owner has accepted: what the owner refuses, it is refused.
    peer.once("open", () => exchange.accept({}, (link) => new Bridge(link, peer, this.#maxLength)));
    peer.once("unexpected-response", (_request, response) => {
      response.resume();
      exchange.refuse(
        httpErrorResponse(response.statusCode === 403 ? httpErrors.forbidden : httpErrors.badRequest),
      );
      peer.terminate();
    });
    peer.on("error", () => exchange.refuse(unknownSession()));
    return true;
  }

  /** Lets go of the connections to peers that are not in use. */
  close(): void {
    this.#closed = true;
    for (const { agent } of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  /** Gives the socket itself to its owner where that is on this machine: then nothing goes through here any more. */
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
    const agent = new Agent({ ...clientChannel(address), keepAlive: true, timeout: idleTimeout });
    this.#agents.set(node, { address, agent });
    return { address, agent };
  }

  async #forward({ address, agent }: RelayAgent, id: string, exchange: HttpExchange): Promise<void> {
    const { method, url, headers } = exchange.request;
    let body: Uint8Array | undefined;
    try {
      body = method === "POST" ? await exchange.readBody(this.#maxLength) : new Uint8Array(0);
    } catch {
      exchange.respond(httpErrorResponse(httpErrors.badRequest));
      return;
    }
    if (body === undefined) {
      exchange.respond(httpErrorResponse(httpErrors.payloadTooLarge));
      return;
    }
    let onTaken = () => {};
    const outgoing = httpsRequest(
      {
        agent,
        method,
        path: url,
        headers: { "content-length": body.length, ...relayedFields(headers, false) },
        ...clientChannel(address),
      },
      (incoming) => {
        // The owner has its own bound for what a client is to get.
        const body = new BodyGatherer(Number.POSITIVE_INFINITY);
        incoming.on("data", (piece: Buffer) => body.add(piece));
        incoming.on("error", () => exchange.respond(unknownSession()));
        incoming.on("end", () => {
          const response = {
            status: incoming.statusCode ?? 500,
            headers: relayedFields(incoming.headers, false),
            body: body.bytes,
          };
          onTaken = this.#answer(id, exchange, response, body.bytes.length);
        });
      },
    );
    // The owner is gone, and its connections with it: the client is to begin anew, at once.
    outgoing.on("error", () => exchange.respond(unknownSession()));
    // A client that goes away in the middle is to be missed by the owner, as if it had asked the owner itself.
    exchange.onEnd((isTaken) => {
      onTaken();
      if (!isTaken) outgoing.destroy();
    });
    outgoing.end(body);
  }
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

/** What may wait for a client before its owner is to wait too, in bytes: the owner's own bound counts from there. */
const highWater = 256 * 1024;
/** How often it is looked whether a slow client has caught up, in ms. */
const lookInterval = 50;

/** A client's WebSocket and the one to the owner of its connection: what comes in here goes out there. */
class Bridge implements WebSocketListener {
  readonly #link: WebSocketLink;
  readonly #peer: WebSocket;
  readonly #maxLength: number;

  constructor(link: WebSocketLink, peer: WebSocket, maxLength: number) {
    this.#link = link;
    this.#peer = peer;
    this.#maxLength = maxLength;
    peer.on("message", (data: Buffer, isBinary: boolean) => this.#toClient(data, isBinary));
    peer.on("close", () => link.close());
  }

  onText(text: string): void {
    this.#toOwner(text);
  }

  onBinary(bytes: Uint8Array): void {
    this.#toOwner(bytes);
  }

  onClose(): void {
    // Also where it is paused, and would never read that its peer is closing.
    this.#peer.terminate();
  }

  #toOwner(message: string | Uint8Array): void {
    const peer = this.#peer;
    if (peer.readyState !== peer.OPEN) return;
    peer.send(message);
    // A client that sends faster than its owner reads cannot be told to wait.
    if (peer.bufferedAmount > highWater + this.#maxLength) {
      this.#link.terminate();
      peer.terminate();
    }
  }

  #toClient(data: Buffer, isBinary: boolean): void {
    const link = this.#link;
    // Which messages hold secrets, only their sender knows.
    if (!link.takesFrames) link.send([{ data: isBinary ? data : data.toString(), compress: false }]);
    else if (isBinary) link.writeFrames([encodeBinaryFrameHeader(data.length), data]);
    else link.writeFrames([encodeTextFrame(data.toString())]);
    if (link.bufferedBytes > highWater && !this.#peer.isPaused) this.#wait();
  }

  /** Reads no more of the owner until the client has taken most of what it was sent. */
  #wait(): void {
    const peer = this.#peer;
    peer.pause();
    const look = setInterval(() => {
      if (peer.readyState === peer.OPEN && this.#link.bufferedBytes > highWater / 2) return;
      clearInterval(look);
      peer.resume();
    }, lookInterval);
    look.unref();
  }
}
