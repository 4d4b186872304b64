/**
 * Requests that would open a connection pass functions of the application first: the option `httpMiddleware`.
 */

import type { Application } from "../../adapter/frameworks/application.ts";
import { functionChain } from "../../adapter/frameworks/express.ts";
import type {
  ChainResult,
  FrameworkFunction,
  HttpMiddleware,
  RequestChain,
} from "../../adapter/frameworks/request-chain.ts";
import { RoomcastError } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";
import type { OpeningScreen, Screening } from "../../engine/engine-handshake.ts";
import type { EngineRequest } from "../../engine/ports.ts";

/** What the requests of a server are passed with. */
export interface OpeningRequestParts {
  /** The path of clients, without a slash at the end. */
  readonly path: string;
  /** How long the functions may take, in ms. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Reports an error of the functions. */
  readonly report: (error: unknown) => void;
}

/** The opening requests of one server. */
export class OpeningRequests implements OpeningScreen {
  readonly #functions: readonly FrameworkFunction[] | null;
  readonly #parts: OpeningRequestParts;
  /** `null` until it is known what takes the requests. */
  #chain: RequestChain | null = null;

  constructor(given: HttpMiddleware, parts: OpeningRequestParts) {
    this.#functions = given === true ? null : ([given].flat() as FrameworkFunction[]);
    this.#parts = parts;
  }

  /**
   * Takes the functions for those of this application from now on.
   *
   * @param app - `null` for none
   * @param runtime - which runtime serves
   * @throws {@link RoomcastError} `ERR_OPTION` where it has no such functions, `ERR_STATE` where it is too
   *   late for that
   */
  bind(app: Application | null, runtime: "node" | "bun"): void {
    if (runtime === "bun" && app?.chainsOnBun !== true)
      throw new RoomcastError(
        "ERR_OPTION",
        'The option httpMiddleware takes functions of (request, response, next), which Bun\'s own server has nothing for. Give a Hono application, or serve with node:http: new SocketIO({ asyncMode: "node" }).',
      );
    const functions = this.#functions;
    if (app?.chain !== undefined) this.#chain = app.chain(functions, this.#parts.path);
    else if (functions !== null) this.#chain = functionChain(functions, null);
    else throw nothingToPass(app);
  }

  /** Binds to nothing, where there is no application. */
  bindToNone(runtime: "node" | "bun"): void {
    if (this.#chain === null) this.bind(null, runtime);
  }

  async see(request: EngineRequest, raw: unknown): Promise<Screening> {
    this.bindToNone("node");
    const { report } = this.#parts;
    const result = await this.#within(this.#chain?.({ request, raw, report }));
    if (result.type === "passed") request.http = result.http;
    return result;
  }

  /** A function that never answers must not keep its place among the clients that are being accepted. */
  #within(passing: Promise<ChainResult> | undefined): Promise<ChainResult> {
    const { clock, timeout } = this.#parts;
    return new Promise((resolve, reject) => {
      const timer = clock.after(timeout, () =>
        reject(
          new RoomcastError(
            "ERR_TIMEOUT",
            `A function of the option httpMiddleware has neither answered nor called next() for ${timeout} ms.`,
          ),
        ),
      );
      Promise.resolve(passing as Promise<ChainResult>)
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }
}

function nothingToPass(app: Application | null): RoomcastError {
  const has =
    app === null ? "there is no application" : `an application of ${app.name} has none that are known`;
  return new RoomcastError(
    "ERR_OPTION",
    `httpMiddleware: true stands for the functions of the application, and ${has}. List them: new SocketIO(app, { httpMiddleware: [session, passport.initialize()] }).`,
  );
}
