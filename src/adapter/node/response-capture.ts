/**
 * A response of Node's that no client gets: what an application answers, or adds to an answer that follows.
 *
 * Middleware changes a response as it likes: it replaces `writeHead`, `write` and `end` to do something at
 * the last moment, and Express gives it another prototype. So all that is done here stands in properties of
 * the object itself, below whatever is put upon them later.
 */

import { type IncomingMessage, ServerResponse } from "node:http";
import type { HeaderFields } from "../../engine/ports.ts";

/** An answer that has been captured. */
export interface CapturedAnswer {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer;
}

type Callback = (error?: Error | null) => void;

/** Captures the answer to one request. */
export class ResponseCapture {
  readonly response: ServerResponse;
  /** Resolves when the response has been ended. */
  readonly answer: Promise<CapturedAnswer>;
  readonly #pieces: Buffer[] = [];
  #settle: (answer: CapturedAnswer) => void = () => {};

  constructor(request: IncomingMessage) {
    const response = new ServerResponse(request);
    this.response = response;
    this.answer = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const writeHead = response.writeHead.bind(response);
    Object.assign(response, {
      writeHead: (status: number, ...given: readonly unknown[]): ServerResponse => {
        // Node keeps fields that are given here in the head alone, where nothing reads them.
        const [fields, message] = [given.at(-1), given[0]];
        if (typeof fields === "object" && fields !== null) setFields(response, fields);
        return typeof message === "string" ? writeHead(status, message) : writeHead(status);
      },
      write: (...given: readonly unknown[]): boolean => {
        this.#take(given);
        return true;
      },
      end: (...given: readonly unknown[]): ServerResponse => {
        if (!response.finished) this.#end(given);
        return response;
      },
      flushHeaders: () => this.#begin(),
    });
  }

  /** Whether the application has answered, or begun to. */
  get hasBegun(): boolean {
    return this.response.headersSent || this.response.finished;
  }

  /**
   * Ends the response in the application's place, so that what it has left for the end is done: sessions are
   * saved, and cookies set.
   */
  end(status: number, body = ""): void {
    this.response.statusCode = status;
    this.response.end(body === "" ? undefined : body);
  }

  #begin(): void {
    const { response } = this;
    if (!response.headersSent) response.writeHead(response.statusCode);
  }

  #take([piece, encoding, ...callbacks]: readonly unknown[]): void {
    this.#begin();
    if (typeof piece === "string")
      this.#pieces.push(Buffer.from(piece, typeof encoding === "string" ? (encoding as "utf8") : "utf8"));
    else if (piece instanceof Uint8Array) this.#pieces.push(Buffer.from(piece));
    callLater([piece, encoding, ...callbacks]);
  }

  #end(given: readonly unknown[]): void {
    const { response } = this;
    this.#take(given);
    response.finished = true;
    this.#settle({
      status: response.statusCode,
      headers: fieldsOf(response),
      body: Buffer.concat(this.#pieces),
    });
    // Programs that log requests wait for these.
    process.nextTick(() => {
      response.emit("finish");
      response.emit("close");
    });
  }
}

/** Calls the callback among the values that `write` or `end` was given. */
function callLater(given: readonly unknown[]): void {
  const callback = given.find((each): each is Callback => typeof each === "function");
  if (callback !== undefined) process.nextTick(callback);
}

function setFields(response: ServerResponse, fields: object): void {
  // A list holds names and values by turns.
  const entries = Array.isArray(fields)
    ? fields.flatMap((each, index) => (index % 2 === 0 ? [[each, fields[index + 1]]] : []))
    : Object.entries(fields);
  for (const [name, value] of entries) if (value !== undefined) response.setHeader(name, value);
}

function fieldsOf(response: ServerResponse): HeaderFields {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(response.getHeaders()))
    if (value !== undefined) fields[name] = Array.isArray(value) ? value : String(value);
  return fields;
}
