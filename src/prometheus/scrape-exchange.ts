/**
 * A request for the metrics, in the terms of the server or framework that got it. They are told apart by what
 * their handlers are called with, so that one handler fits all.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { RoomcastError } from "../base/errors.ts";
import { show } from "../base/options.ts";
import type { ScrapeRequest } from "./scrape-access.ts";

/** What a request is answered with. */
export interface ScrapeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request, and the way to answer it. */
export interface ScrapeExchange {
  readonly request: ScrapeRequest;
  /** Answers, and gives what the handler has to return. */
  answer(answer: ScrapeAnswer): unknown;
}

/** The reply of Fastify. */
interface FastifyReply {
  code(status: number): FastifyReply;
  headers(headers: Readonly<Record<string, string>>): FastifyReply;
  send(body: string): FastifyReply;
}

/** The context of Koa. */
interface KoaContext {
  readonly req: IncomingMessage;
  status: number;
  body: unknown;
  set(headers: Readonly<Record<string, string>>): void;
}

/** The parts of Bun's server, and of Hono's environment on Node, that tell the peer of a request. */
interface FetchEnvironment {
  readonly incoming?: IncomingMessage;
  requestIP?(request: Request): { readonly address: string } | null;
}

/**
 * Recognises what a handler was called with: `(req, res)` of `node:http` and Express, `(request, reply)` of
 * Fastify, `(ctx)` of Koa, `(c)` of Hono, or a `Request`.
 *
 * @throws {@link RoomcastError} `ERR_APP` for anything else
 */
export function scrapeExchange(first: unknown, second: unknown): ScrapeExchange {
  if (isRequest(first)) return fetchExchange(first, second);
  if (has(first, "req") && has(first.req, "raw") && isRequest(first.req.raw))
    return fetchExchange(first.req.raw, has(first, "env") ? first.env : undefined);
  if (has(first, "req") && has(first, "set") && has(first.req, "socket"))
    return koaExchange(first as unknown as KoaContext);
  if (has(second, "code") && has(second, "send") && has(first, "raw"))
    return fastifyExchange(first.raw as IncomingMessage, second as unknown as FastifyReply);
  if (has(first, "socket") && has(second, "setHeader") && has(second, "end"))
    return nodeExchange(first as unknown as IncomingMessage, second as unknown as ServerResponse);
  throw new RoomcastError(
    "ERR_APP",
    `The handler of prometheus() takes what a handler of node:http, Express, Fastify, Koa, Hono or Bun gets, not ${show(first)}.`,
  );
}

function nodeExchange(incoming: IncomingMessage, response: ServerResponse): ScrapeExchange {
  return {
    request: incomingRequest(incoming),
    answer({ status, headers, body }) {
      response.writeHead(status, headers);
      response.end(body);
      return undefined;
    },
  };
}

function fastifyExchange(incoming: IncomingMessage, reply: FastifyReply): ScrapeExchange {
  return {
    request: incomingRequest(incoming),
    answer: ({ status, headers, body }) => reply.code(status).headers(headers).send(body),
  };
}

function koaExchange(context: KoaContext): ScrapeExchange {
  return {
    request: incomingRequest(context.req),
    answer({ status, headers, body }) {
      context.status = status;
      context.body = body;
      // After the body, which sets a type of its own.
      context.set(headers);
      return undefined;
    },
  };
}

function fetchExchange(request: Request, given: unknown): ScrapeExchange {
  const environment: FetchEnvironment = isObject(given) ? given : {};
  const address =
    environment.incoming?.socket.remoteAddress ?? environment.requestIP?.(request)?.address ?? null;
  return {
    request: { address, header: (name) => request.headers.get(name) },
    answer: ({ status, headers, body }) => new Response(body, { status, headers: { ...headers } }),
  };
}

function incomingRequest({ socket, headers }: IncomingMessage): ScrapeRequest {
  return {
    address: socket.remoteAddress ?? null,
    header: (name) => {
      const value = headers[name];
      return value === undefined ? null : String(value);
    },
  };
}

function isRequest(value: unknown): value is Request {
  return has(value, "url") && has(value, "headers") && has(value.headers, "get");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function has<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return isObject(value) && name in value;
}
