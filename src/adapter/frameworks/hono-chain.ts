/** Middleware of Hono, which takes and returns the requests and responses of the web's own. */

import type { EngineRequest, HeaderFields } from "../../engine/ports.ts";
import { answered, type FrameworkFunction, passed, type RequestChain } from "./request-chain.ts";

/** A Hono application, as far as it is used. */
export interface HonoLike {
  use(...middleware: readonly FrameworkFunction[]): unknown;
  all(path: string, handler: FrameworkFunction): unknown;
  route(path: string, app: HonoLike): unknown;
  fetch(request: Request, env: object): Response | Promise<Response>;
}

/** The members of a context of Hono. */
interface HonoContext {
  readonly env: object;
  body(data: null, status?: number): Response;
}

/**
 * Requests pass the middleware.
 *
 * @param app - the application
 * @param functions - the middleware; `null` for all that the application has
 */
export function honoChain(app: HonoLike, functions: readonly FrameworkFunction[] | null): RequestChain {
  const contexts = new WeakMap<object, HonoContext>();
  // The application's own copy of Hono.
  const chain = new (app.constructor as new () => HonoLike)();
  if (functions === null) chain.route("/", app);
  else for (const each of functions) chain.use(each);
  chain.all("*", (context: HonoContext) => {
    contexts.set(context.env, context);
    return context.body(null);
  });
  return async ({ request, raw }) => {
    const env = raw instanceof Request ? {} : { incoming: raw };
    const given = raw instanceof Request ? raw : webRequest(request);
    const response = await chain.fetch(given, env);
    const context = contexts.get(env);
    const headers = fieldsOf(response.headers);
    if (context !== undefined && response.status === 200) return passed(headers, context);
    return answered({ status: response.status, headers, body: Buffer.from(await response.arrayBuffer()) });
  };
}

function webRequest({ method, url, headers, secure, host }: EngineRequest): Request {
  const origin = `${secure ? "https" : "http"}://${host ?? headers.host ?? "localhost"}`;
  const fields = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const each of [value ?? []].flat()) fields.append(name, each);
  return new Request(new URL(url, origin), { method, headers: fields });
}

function fieldsOf(headers: Headers): HeaderFields {
  const cookies = headers.getSetCookie();
  const fields = Object.fromEntries([...headers].filter(([name]) => name !== "set-cookie"));
  return cookies.length === 0 ? fields : { ...fields, "set-cookie": cookies };
}
