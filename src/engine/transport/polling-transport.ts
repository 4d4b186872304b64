/**
 * Packets over HTTP long-polling. The client keeps one GET waiting, which is answered as soon as there is
 * something to send, and POSTs what it has to say:
 *
 *     client                          server
 *       | GET  ?transport=polling&sid=… |   waits
 *       | POST ?transport=polling&sid=… |   packets, answered "ok"
 *       | <----------- 200 packets ---- |   answers the GET; the client sends the next one
 */

import { ProtocolError } from "../../base/errors.ts";
import type { EnginePacket } from "../../protocol/engine-packet.ts";
import type { CloseReason } from "../close-reason.ts";
import type { Batch } from "../outbox/batch.ts";
import { packetsOf } from "../outbox/outbox.ts";
import { OutgoingPacket } from "../outbox/outgoing-packet.ts";
import type { EngineRequest, HeaderFields, HttpExchange, HttpResponse } from "../ports.ts";
import {
  answerFields,
  type HttpError,
  httpErrorResponse,
  httpErrors,
  offenceError,
} from "../request/http-error.ts";
import { type ContentCoding, chooseCoding, compress } from "./compression.ts";
import { textBytes } from "./traffic.ts";
import type { Transport, TransportOwner } from "./transport.ts";
import { type WireFormat, wireForm } from "./wire-format.ts";

/** What polling needs to know of its server. */
export interface PollingOptions {
  readonly maxHttpBufferSize: number;
  readonly maxPacketsPerPayload: number;
  readonly httpCompression: boolean;
  readonly compressionThreshold: number;
  /** The header fields that every answer to this request carries. */
  readonly responseHeaders: (request: EngineRequest) => Record<string, string>;
}

const binaryType = "application/octet-stream";
const noop = new OutgoingPacket("6");

/** An answer to a poll that its client has not taken yet. */
interface Untaken {
  readonly exchange: HttpExchange;
  readonly size: number;
}

/**
 * What an answer costs at least while it waits, in bytes: its request, and what the runtime keeps of both.
 */
const answerCost = 4096;
/** Reasons for the end of a connection whose client reads nothing: no answer would reach it any more. */
const unread: ReadonlySet<CloseReason> = new Set<CloseReason>(["slow consumer", "ping timeout"]);

/** A transport of polls and posts. */
export class PollingTransport implements Transport {
  readonly name = "polling";
  readonly link = null;
  readonly farewell = "1";
  /**
   * The bytes of answers that the client has not taken. It should have before it sends its next poll, but
   * nothing makes it: over another connection it could ask for more and more that it never reads.
   */
  bufferedBytes = 0;
  readonly #options: PollingOptions;
  readonly #owner: TransportOwner;
  readonly #form: WireFormat;
  #poll: HttpExchange | null = null;
  readonly #untaken: Untaken[] = [];
  /** Header fields for the answer to the first poll alone. */
  #firstHeaders: HeaderFields | null = null;
  #posting = false;
  #discarded = false;
  /** Why the connection was terminated, if it was. */
  #ended: CloseReason | null = null;

  /**
   * @param options - what the server's options say about polling
   * @param owner - receives what comes in
   * @param form - how packets look in payloads
   */
  constructor(options: PollingOptions, owner: TransportOwner, form: WireFormat = wireForm) {
    this.#options = options;
    this.#owner = owner;
    this.#form = form;
  }

  get writable(): boolean {
    return this.#poll !== null;
  }

  get congested(): boolean {
    return this.#poll === null || this.bufferedBytes > 0;
  }

  /** Takes a GET, to be answered when there is something to send; `headers` go with the answer. */
  poll(exchange: HttpExchange, headers: HeaderFields | null = null): void {
    if (this.#poll !== null) {
      this.#offend(exchange, "overlapping requests");
      return;
    }
    this.#poll = exchange;
    this.#firstHeaders = headers;
    exchange.onEnd((isTaken) => {
      this.#settle(exchange);
      if (isTaken) return;
      // Also where it was answered already: packets that did not get there cannot be sent again.
      if (this.#poll === exchange) this.#poll = null;
      this.#fail("transport error");
    });
    this.#owner.onWritable();
  }

  /** Takes a POST, whose body holds packets. It resolves when that has been read and answered. */
  post(exchange: HttpExchange): Promise<void> {
    if (this.#posting) {
      this.#offend(exchange, "overlapping requests");
      return Promise.resolve();
    }
    const isBinary = exchange.request.headers["content-type"] === binaryType;
    if (isBinary && !this.#form.hasBinaryPayloads) {
      this.#refuse(exchange, httpErrors.badRequest);
      return Promise.resolve();
    }
    this.#posting = true;
    return exchange.readBody(this.#options.maxHttpBufferSize).then(
      (body) => {
        this.#posting = false;
        if (body === undefined) this.#offend(exchange, "payload too large");
        else this.#receive(exchange, body, isBinary);
      },
      () => {
        this.#posting = false;
        this.#refuse(exchange, httpErrors.badRequest);
        this.#fail("transport error");
      },
    );
  }

  send(batch: Batch): void {
    const exchange = this.#poll;
    if (exchange === null) throw new Error("the polling transport was not writable");
    const payload = this.#form.payload(batch);
    this.#owner.meter?.onSent("polling", textBytes(payload));
    const coding = this.#codingFor(exchange, batch, payload.length);
    this.#poll = null;
    this.#expect(exchange, payload.length);
    this.#answer(exchange, payload, coding);
  }

  close(): void {
    this.#owner.onTransportClose("transport close");
  }

  terminate(reason: CloseReason): void {
    this.#ended = reason;
    if (unread.has(reason)) this.cut();
    this.#release(new OutgoingPacket(this.farewell));
  }

  /** Drops the answers that the client has not taken. */
  cut(): void {
    for (const { exchange } of [...this.#untaken]) exchange.cut();
  }

  /** Lets a waiting client go because its connection now uses another transport. */
  discard(): void {
    this.#discarded = true;
    this.#release(noop);
  }

  /** Ends the connection, unless this transport no longer carries it. */
  #fail(reason: CloseReason, detail?: string): void {
    if (!this.#discarded) this.#owner.onTransportClose(reason, detail);
  }

  /** Refuses a request that is not as it should be, which ends the connection. */
  #offend(exchange: HttpExchange, reason: CloseReason, detail?: string): void {
    this.#refuse(exchange, offenceError(reason) ?? httpErrors.badRequest);
    this.#fail(reason, detail);
  }

  #release(packet: OutgoingPacket): void {
    const exchange = this.#poll;
    this.#poll = null;
    if (exchange === null) return;
    const payload = this.#form.payload(packet);
    this.#owner.meter?.onSent("polling", textBytes(payload));
    this.#expect(exchange, payload.length);
    this.#answer(exchange, payload, undefined);
  }

  /** Counts an answer until the client has taken it. */
  #expect(exchange: HttpExchange, length: number): void {
    const size = Math.max(length, answerCost);
    this.#untaken.push({ exchange, size });
    this.bufferedBytes += size;
  }

  /** A poll has come to its end. */
  #settle(exchange: HttpExchange): void {
    const index = this.#untaken.findIndex((untaken) => untaken.exchange === exchange);
    if (index === -1) return;
    this.bufferedBytes -= this.#untaken[index]?.size ?? 0;
    if (this.#untaken.length === 1) this.#untaken.pop();
    else this.#untaken.splice(index, 1);
    if (this.#ended !== null && this.#untaken.length === 0) this.#owner.onTaken();
  }

  #receive(exchange: HttpExchange, body: Uint8Array, isBinary: boolean): void {
    this.#owner.meter?.onReceived("polling", body.length);
    let packets: readonly EnginePacket[];
    try {
      packets = this.#form.decodePayload(body, isBinary, this.#options.maxPacketsPerPayload);
    } catch (error) {
      if (error instanceof ProtocolError) this.#offend(exchange, error.violation, error.message);
      else this.#offend(exchange, "parse error", "the payload is not UTF-8");
      return;
    }
    for (const packet of packets) {
      if (packet.type !== "message") this.#owner.onText(controlText[packet.type]);
      else if (typeof packet.data === "string") this.#owner.onText(`4${packet.data}`);
      else this.#owner.onBinary(packet.data);
    }
    // What one of the packets did wrong, its sender learns here.
    const offence = this.#ended === null ? undefined : offenceError(this.#ended);
    if (offence === undefined) this.#answer(exchange, "ok", undefined);
    else this.#refuse(exchange, offence);
  }

  #refuse(exchange: HttpExchange, error: HttpError): void {
    exchange.respond(httpErrorResponse(error, this.#options.responseHeaders(exchange.request)));
  }

  #codingFor(exchange: HttpExchange, batch: Batch, length: number): ContentCoding | undefined {
    const { httpCompression, compressionThreshold } = this.#options;
    // A text has at least as many bytes as characters, so the cheaper count is enough.
    if (!httpCompression || length < compressionThreshold) return undefined;
    let isWorthIt = false;
    for (const packet of packetsOf(batch)) {
      if (packet.isSecret) return undefined;
      isWorthIt ||= packet.compress;
    }
    return isWorthIt ? chooseCoding(exchange.request) : undefined;
  }

  #answer(exchange: HttpExchange, payload: string | Uint8Array, coding: ContentCoding | undefined): void {
    const response: HttpResponse = {
      status: 200,
      headers: {
        "content-type": typeof payload === "string" ? "text/plain; charset=utf-8" : binaryType,
        // A proxy must not compress either: it cannot know which answers hold a secret (RFC 9111 §5.2.2.6).
        "cache-control": "no-store, no-transform",
        ...answerFields,
        ...this.#options.responseHeaders(exchange.request),
        ...this.#firstHeaders,
      },
      body: payload,
    };
    this.#firstHeaders = null;
    if (coding === undefined) {
      exchange.respond(response);
      return;
    }
    compress(coding, typeof payload === "string" ? Buffer.from(payload) : payload).then(
      (body) => {
        const headers = { "content-encoding": coding, ...response.headers };
        exchange.respond({ ...response, headers, body });
      },
      // Out of memory for the compressor, say: the packets still go out.
      () => exchange.respond(response),
    );
  }
}

/** The packets without data of their own, as text. */
const controlText = { open: "0", close: "1", ping: "2", pong: "3", upgrade: "5", noop: "6" } as const;
