/** A request of long polling that came without a socket, and was read without the parser of Node. */

import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import type { EngineRequest, HeaderFields, HttpExchange, HttpResponse } from "../../../engine/ports.ts";
import type { BareConnection } from "../../../net/bare-connection.ts";
import type { BareRequest, BareRequests } from "../../../net/bare-requests.ts";
import type { RequestHead } from "../../../net/request-head.ts";
import { HttpRequest } from "../../http-request.ts";

/** One such request. Its answer has the bytes that Node would write, and is one write. */
export class BareExchange implements HttpExchange, BareRequest {
  readonly request: EngineRequest;
  readonly listensOnLoopback: boolean;
  readonly head: RequestHead;
  readonly #requests: BareRequests | null;
  readonly #body: Uint8Array;
  #isAnswered = false;
  #onEnd: ((isTaken: boolean) => void) | null = null;

  /** Takes no object: that would be an allocation for each request. */
  constructor(connection: BareConnection, head: RequestHead, body: Uint8Array, listensOnLoopback: boolean) {
    this.head = head;
    this.#requests = connection.hold(this);
    this.request = new HttpRequest(head.method, head.url, head.headers, this.#requests?.address ?? "", false);
    this.listensOnLoopback = listensOnLoopback;
    this.#body = body;
  }

  readBody(limit: number): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#body.length > limit ? undefined : this.#body);
  }

  respond({ status, headers, body = "" }: HttpResponse): void {
    const requests = this.#requests;
    if (this.#isAnswered || requests === null) return;
    const isLast = headers.connection === "close" || closes(this.request.headers.connection);
    // These two have no body, and the length of none must not be told (RFC 9110 §8.6).
    const hasBody = status !== 204 && status !== 304;
    const length = hasBody ? Buffer.byteLength(body) : null;
    let head = answerHead(status, length, headers);
    if (headers.connection === undefined) head += isLast ? "Connection: close\r\n" : requests.keepAliveFields;
    this.#isAnswered = true;
    // A text that has as many bytes as characters is ASCII.
    if (length === null) requests.answer(this, `${head}\r\n`, isLast);
    else if (typeof body === "string" && body.length === length)
      requests.answer(this, `${head}\r\n${body}`, isLast);
    else requests.answer(this, [Buffer.from(`${head}\r\n`, "latin1"), Buffer.from(body as string)], isLast);
  }

  onEnd(callback: (isTaken: boolean) => void): void {
    if (this.#requests?.holds(this) === true) this.#onEnd = callback;
    else callback(false);
  }

  /** @internal */
  onGone(isTaken: boolean): void {
    this.#onEnd?.(isTaken);
  }

  cut(): void {
    this.#requests?.cut(this);
  }
}

/** Whether a client wants one answer alone. */
function closes(connection: string | string[] | undefined): boolean {
  return connection !== undefined && String(connection).toLowerCase() === "close";
}

/** The head of an answer, but for what it says of the connection, and the empty line at its end. */
function answerHead(status: number, length: number | null, headers: HeaderFields): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}\r\n`;
  if (length !== null) head += `content-length: ${length}\r\n`;
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") head += line(name, value);
    else for (const each of value ?? []) head += line(name, each);
  }
  return `${head}Date: ${date()}\r\n`;
}

/** @throws for what would be read as more than one field, as Node does */
function line(name: string, value: string): string {
  validateHeaderName(name);
  validateHeaderValue(name, value);
  return `${name}: ${value}\r\n`;
}

/** The second that was asked for last, and its name. */
let second = 0;
let name = "";

function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    name = new Date(now * 1000).toUTCString();
  }
  return name;
}
