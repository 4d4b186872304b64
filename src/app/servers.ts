/** Events between the application's processes, as `socketio.servers`. No client gets them. */

import {
  handleWithin,
  type LocalServer,
  type OtherServers,
  type ServerReply,
} from "../backplane/cluster/server-event.ts";
import { checkFunction } from "../base/check-function.ts";
import { RoomcastError, TimeoutError } from "../base/errors.ts";
import type { Log } from "../base/log/log.ts";
import { booleanOption, type GivenOptions, numberOption, resolveOptions } from "../base/options.ts";
import { quoted } from "../base/printable.ts";
import type { Clock } from "../base/time/clock.ts";
import { optionsOfEvent } from "../context/emit-options.ts";
import { runOutsideContext } from "../context/handler-context.ts";
import { fromArguments, toArguments } from "../contract/arguments.ts";
import type {
  Contract,
  DataAndOptions,
  EventAnswer,
  EventHandler,
  ServerEvents,
} from "../contract/events.ts";
import type { LatePresence } from "./presence/late-presence.ts";

const emitToServersOptions = {
  /** Whether this process handles the event as well. */
  includeSelf: booleanOption(false),
} as const;

const callServersOptions = {
  ...emitToServersOptions,
  /** How long handlers may take, in ms. */
  timeout: numberOption(10_000, "ms", 1),
} as const;

/** The options of `servers.emit()`. */
export interface EmitToServersOptions extends GivenOptions<typeof emitToServersOptions> {}

/** The options of `servers.callAll()`. */
export interface CallServersOptions extends GivenOptions<typeof callServersOptions> {}

/** The answer of one process: a value or an error. */
export type ServerAnswer<Value = unknown> =
  | {
      /** The process, as host and process id. */
      readonly server: string;
      /** The result of its handler: a value, or a list of several. */
      readonly value: Value;
      readonly error?: undefined;
    }
  | {
      readonly server: string;
      readonly value?: undefined;
      /** Why there is no value: a {@link TimeoutError}, or an error with the code `ERR_SERVER_EVENT`. */
      readonly error: RoomcastError;
    };

/** The answers of several processes. */
export interface ServerAnswers<Value = unknown> extends Array<ServerAnswer<Value>> {
  /** The processes that did not answer. */
  readonly missing: readonly string[];
}

/** What events between servers need of this one. */
export interface ServersOwner {
  /** The other processes; `null` where there are none. */
  others(): OtherServers | null;
  /** Why no events can be sent to other processes; `null` where they can. */
  readonly problem: string | null;
  readonly presence: LatePresence;
  readonly logger: Log;
  readonly clock: Clock;
  /** The name of this process for people: host and process id. */
  readonly label: string;
}

type Handler = (...values: readonly unknown[]) => unknown;

/** The servers of one application. */
export class Servers<C extends Contract> implements LocalServer {
  readonly #owner: ServersOwner;
  readonly #handlers = new Map<string, Handler>();
  /** Handlers of Roomcast's own events. */
  readonly #own = new Map<string, Handler>();

  /** @internal */
  constructor(owner: ServersOwner) {
    this.#owner = owner;
  }

  /**
   * Handles an event that a process of the application sends to the others. The handler returns its answer.
   * It runs outside of any client's context.
   *
   * @param event - the event's name
   * @param handler - gets the event's arguments
   * @throws {@link RoomcastError} `ERR_HANDLER` when the event has a handler already, `ERR_EVENT_NAME`
   */
  on<Name extends keyof ServerEvents<C> & string>(
    event: Name,
    handler: EventHandler<ServerEvents<C>[Name]>,
  ): this {
    checkName(event);
    checkFunction(`The handler of "${event}"`, handler);
    if (this.#handlers.has(event)) {
      throw new RoomcastError(
        "ERR_HANDLER",
        `The servers' event "${event}" has a handler already. Call servers.off("${event}") first to replace it.`,
      );
    }
    this.#handlers.set(event, handler as Handler);
    return this;
  }

  /** Takes an event's handler away. */
  off(event: keyof ServerEvents<C> & string): this {
    this.#handlers.delete(event);
    return this;
  }

  /**
   * Sends an event to the other processes of the application. As with clients, an event is lost while the
   * message queue is down. Where there is one process, it goes nowhere.
   *
   * @param event - the event's name
   * @param rest - the data (none, one value, or `args(…)` for several) and the options: `includeSelf`,
   *   default `false`
   * @throws {@link RoomcastError} `ERR_EVENT_NAME`, `ERR_PAYLOAD`; `ERR_OPTION` with a `format` that has no
   *   such events
   */
  emit<Name extends keyof ServerEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<ServerEvents<C>[Name], EmitToServersOptions>
  ): void {
    const options = optionsOfEvent(emitToServersOptions, rest, "servers.emit()") ?? {};
    const { includeSelf } = resolveOptions(emitToServersOptions, options, "servers.emit()");
    this.#check(event);
    const values = toArguments(rest[0]);
    this.#owner.others()?.tellServers(event, values);
    if (includeSelf) void this.handle(event, values);
  }

  /**
   * Sends an event to the other processes that serve clients, and gathers the answers of their handlers.
   *
   * @param event - the event's name
   * @param rest - the data and the options: `timeout` in ms, how long handlers may take, default 10 000;
   *   `includeSelf`, default `false`
   * @returns a list with an answer for each process, a value or an error
   * @throws {@link RoomcastError} as {@link Servers.emit} does
   */
  async callAll<Name extends keyof ServerEvents<C> & string>(
    event: Name,
    ...rest: DataAndOptions<ServerEvents<C>[Name], CallServersOptions>
  ): Promise<ServerAnswers<EventAnswer<ServerEvents<C>[Name]>>> {
    const options = optionsOfEvent(callServersOptions, rest, "servers.callAll()") ?? {};
    const { timeout, includeSelf } = resolveOptions(callServersOptions, options, "servers.callAll()");
    this.#check(event);
    const values = toArguments(rest[0]);
    const { label, clock } = this.#owner;
    const own = includeSelf ? handleWithin(this, { event, values }, timeout, clock) : null;
    const answers = await this.#ask(event, values, timeout);
    if (own !== null) answers.push(answerOf(label, await own, event, timeout));
    return answers as ServerAnswers<EventAnswer<ServerEvents<C>[Name]>>;
  }

  /**
   * Handles an event of Roomcast's own, whose name begins with `roomcast:`.
   *
   * @internal
   */
  onOwn(event: string, handler: Handler): void {
    this.#own.set(event, handler);
  }

  /**
   * Whether an event of Roomcast's own has a handler.
   *
   * @internal
   */
  hasOwn(event: string): boolean {
    return this.#own.has(event);
  }

  /**
   * Sends the other processes an event of Roomcast's own, and gathers their answers; `null` where there are
   * no others.
   *
   * @param isEnough - whether an answer makes the others needless
   * @internal
   */
  askOwn(
    event: string,
    values: readonly unknown[],
    timeout: number,
    isEnough?: (answer: ServerAnswer) => boolean,
  ): Promise<ServerAnswers> | null {
    return this.#owner.others() === null ? null : this.#ask(event, values, timeout, isEnough);
  }

  /**
   * Sends the other processes an event of Roomcast's own.
   *
   * @internal
   */
  tellOwn(event: string, values: readonly unknown[]): void {
    this.#owner.others()?.tellServers(event, values);
  }

  async #ask(
    event: string,
    values: readonly unknown[],
    timeout: number,
    isEnough: (answer: ServerAnswer) => boolean = () => false,
  ): Promise<ServerAnswers> {
    const answers: ServerAnswer[] = [];
    const others = this.#owner.others();
    const missing =
      others === null
        ? []
        : await new Promise<readonly string[]>((resolve) => {
            others.askServers(event, values, timeout, {
              onReply: (server, reply) => {
                const answer = answerOf(server, reply, event, timeout);
                answers.push(answer);
                if (isEnough(answer)) resolve([]);
              },
              onEnd: resolve,
            });
          });
    return Object.defineProperty(answers, "missing", { value: missing }) as ServerAnswers;
  }

  /** @internal */
  async handle(event: string, values: readonly unknown[]): Promise<ServerReply> {
    try {
      const { presence } = this.#owner;
      if (presence.owns(event)) {
        await presence.take(event, values);
        return { values: [] };
      }
      const handler = this.#handlers.get(event) ?? this.#own.get(event);
      if (handler === undefined) return { failure: "no handler" };
      return { values: toArguments(await runOutsideContext(() => handler(...values))) };
    } catch (err) {
      this.#owner.logger.error(`The handler of the servers' event ${quoted(event)} failed`, {
        type: "server event handler failed",
        event,
        err,
      });
      return { failure: "handler failed" };
    }
  }

  /** @internal */
  onServerJoined(): void {
    this.#owner.presence.onServerJoined();
  }

  /** @internal */
  onServerLeft(node: string): void {
    this.#owner.presence.onServerLeft(node);
  }

  #check(event: unknown): void {
    checkName(event);
    const { problem } = this.#owner;
    if (problem !== null) throw new RoomcastError("ERR_OPTION", problem);
  }
}

function answerOf(server: string, reply: ServerReply, event: string, timeout: number): ServerAnswer {
  if ("values" in reply) return { server, value: fromArguments(reply.values) };
  switch (reply.failure) {
    case "timeout":
      return {
        server,
        error: new TimeoutError(
          `The handler of ${quoted(event)} did not come to its end within ${timeout} ms.`,
        ),
      };
    case "no handler":
      return {
        server,
        error: serverError(`The process has no handler for the servers' event ${quoted(event)}.`),
      };
    default:
      return {
        server,
        error: serverError(`The handler of ${quoted(event)} failed: the log of that process says why.`),
      };
  }
}

function serverError(message: string): RoomcastError {
  return new RoomcastError("ERR_SERVER_EVENT", message);
}

function checkName(event: unknown): void {
  if (typeof event !== "string" || event === "") {
    throw new RoomcastError(
      "ERR_EVENT_NAME",
      "The name of a servers' event must be a string that is not empty.",
    );
  }
  if (event.startsWith("roomcast:")) {
    throw new RoomcastError(
      "ERR_EVENT_NAME",
      `The servers' event "${event}" cannot be used: names that begin with "roomcast:" are Roomcast's own.`,
    );
  }
}
