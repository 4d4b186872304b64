/**
 * From a request to its connection: the one that it names, a new one where it names none, or the process
 * that has it.
 *
 *     GET ?EIO=4&transport=polling             opens a connection, answers with its id and settings
 *     GET, POST ?EIO=4&transport=polling&sid=… belong to that connection
 *     upgrade ?EIO=4&transport=websocket       opens a connection on a WebSocket
 *     upgrade ?EIO=4&transport=websocket&sid=… moves that connection from polling to the WebSocket
 */

import type { Clock } from "../base/time/clock.ts";
import type { ConnectionRegistry } from "./connection-registry.ts";
import { farewellTimeout } from "./connection-timers.ts";
import type { EngineHandshake } from "./engine-handshake.ts";
import type {
  ConnectionRelay,
  HttpExchange,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "./ports.ts";
import type { Arrival } from "./request/arrival.ts";
import type { EngineQuery } from "./request/engine-query.ts";
import type { HttpErrorName } from "./request/http-error.ts";
import { handOverUpgrade } from "./request/traced-exchange.ts";
import { base64Format } from "./transport/base64-format.ts";
import { eio3BinaryFormat, eio3TextFormat } from "./transport/eio3-wire-format.ts";
import { type WireFormat, wireForm } from "./transport/wire-format.ts";

/** What the router works with. */
export interface RequestRouterParts {
  readonly connections: ConnectionRegistry;
  readonly handshake: EngineHandshake;
  readonly clock: Clock;
  /** Whether a connection may change from polling to WebSocket. */
  readonly allowUpgrades: boolean;
}

/** Leads the requests of one server. Each method returns the reason where there is nowhere to lead one. */
export class RequestRouter {
  readonly #parts: RequestRouterParts;
  #relay: ConnectionRelay | null = null;

  constructor(parts: RequestRouterParts) {
    this.#parts = parts;
  }

  /** Hands requests of connections that other processes have to a relay. */
  relayBy(relay: ConnectionRelay): void {
    this.#relay = relay;
  }

  /** Leads a polling request to its connection, or begins one. */
  route(exchange: HttpExchange, arrival: Arrival): HttpErrorName | undefined {
    const { method } = arrival.request;
    const { id } = arrival.query;
    const format = formatOf(arrival.query);
    if (id === null) {
      if (arrival.isRelayed) return "badRequest";
      if (method !== "GET") return "badHandshakeMethod";
      this.#parts.handshake.beginPolling(exchange, arrival, format);
      return undefined;
    }
    const connection = this.#parts.connections.get(id);
    if (connection === undefined) {
      const isForeign = !arrival.isRelayed && (method === "GET" || method === "POST") && this.#isForeign(id);
      return isForeign && this.#relay?.relayRequest(id, exchange) ? undefined : "unknownSession";
    }
    const taken =
      connection.version === format.version &&
      ((method === "GET" && connection.poll(exchange)) || (method === "POST" && connection.post(exchange)));
    return taken ? undefined : "badRequest";
  }

  /** Moves a connection to a WebSocket, or begins one there. */
  routeUpgrade(exchange: UpgradeExchange, arrival: Arrival): HttpErrorName | undefined {
    const { id } = arrival.query;
    const format = formatOf(arrival.query);
    const { connections, handshake, allowUpgrades } = this.#parts;
    if (id === null) {
      if (arrival.isRelayed) return "badRequest";
      handshake.beginWebSocket(exchange, arrival, format);
      return undefined;
    }
    const connection = connections.get(id);
    if (connection === undefined) {
      const isForeign = !arrival.isRelayed && this.#isForeign(id);
      return isForeign && this.#relayUpgrade(id, exchange) ? undefined : "unknownSession";
    }
    const mayUpgrade = allowUpgrades && connection.isOpen && connection.version === format.version;
    if (!mayUpgrade) return "badRequest";
    exchange.accept({}, (link) =>
      connection.canUpgrade ? connection.beginUpgrade(link, format) : this.#turnAway(link),
    );
    return undefined;
  }

  #relayUpgrade(id: string, exchange: UpgradeExchange): boolean {
    const relay = this.#relay;
    return relay !== null && handOverUpgrade(exchange, (own) => relay.relayUpgrade(id, own));
  }

  /**
   * Closes a WebSocket whose session has one already, or has ended. The protocol's reference accepts it
   * first, too.
   */
  #turnAway(link: WebSocketLink): WebSocketListener {
    const timer = this.#parts.clock.after(farewellTimeout, () => link.terminate());
    link.close();
    return { onText() {}, onBinary() {}, onClose: () => timer.cancel() };
  }

  /** Whether an id, which no connection here has, may be that of another process's connection. */
  #isForeign(id: string): boolean {
    return this.#relay !== null && !id.startsWith(this.#relay.prefix);
  }
}

/** How the client of a request writes and reads packets. */
function formatOf({ version, isTextOnly }: EngineQuery): WireFormat {
  if (version === "3") return isTextOnly ? eio3TextFormat : eio3BinaryFormat;
  return isTextOnly ? base64Format : wireForm;
}
