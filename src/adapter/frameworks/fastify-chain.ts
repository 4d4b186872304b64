/** Hooks of Fastify: requests pass them on their way to a route of the application. */

import { IncomingMessage, type ServerResponse } from "node:http";
import { requestAgain } from "../node/request-again.ts";
import { ResponseCapture } from "../node/response-capture.ts";
import { answered, type FrameworkFunction, passed, type RequestChain } from "./request-chain.ts";

/** A Fastify application, as far as it is used. */
export interface FastifyRoutes {
  route(options: {
    readonly method: string;
    readonly url: string;
    readonly preHandler: readonly FrameworkFunction[];
    readonly handler: FrameworkFunction;
    readonly exposeHeadRoute: boolean;
    readonly schema: object;
  }): unknown;
  /** Takes a request as though it came from the network. */
  routing(request: IncomingMessage, response: ServerResponse): void;
}

/** The route. */
export interface FastifyRoute {
  readonly path: string;
  /** What Fastify has made of requests that reached the route, by those of Node's. */
  readonly passing: WeakMap<object, object>;
  /** Stands there for a request before it gets there. */
  readonly expected: object;
}

/** Has requests pass the hooks. */
export function fastifyChain(app: FastifyRoutes, { path, passing, expected }: FastifyRoute): RequestChain {
  return async ({ request, raw }) => {
    const incoming = raw instanceof IncomingMessage ? raw : requestAgain(request);
    const capture = new ResponseCapture(incoming);
    passing.set(incoming, expected);
    const { url = "" } = incoming;
    // Clients may leave the slash at the end of the path out.
    incoming.url = `${path}${url.slice(request.path.length)}`;
    app.routing(incoming, capture.response);
    const answer = await capture.answer;
    incoming.url = url;
    const http = passing.get(incoming);
    passing.delete(incoming);
    const hasPassed = http !== undefined && http !== expected && answer.status === 200;
    return hasPassed ? passed(answer.headers, http) : answered(answer);
  };
}
