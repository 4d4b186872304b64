/**
 * The application's events as types. Two ways to give them: augment {@link Register} once for the whole program, which
 * the ambient functions follow too, or name a contract at `new SocketIO<Contract>()`.
 */

import type { Arguments } from "./arguments.ts";

/**
 * Events by name. Parameters are the event's arguments, the result is what the receiver acknowledges with:
 * `{ sum(a: number, b: number): number; message(text: string): void }`. A last parameter that is a function, as in
 * Socket.IO's own typings, counts as the acknowledgement too.
 */
// biome-ignore lint/suspicious/noExplicitAny: only `any` lets every function type be an event of a contract
export type EventMap = { [event: string]: (...values: any[]) => any };

/** What a program's clients and server say to each other. Whatever is left out is not checked. */
export interface Contract {
  /** What clients send. */
  clientToServerEvents?: object;
  /** What the server sends. */
  serverToClientEvents?: object;
  /** The session's data. */
  session?: object;
}

/**
 * To be augmented by a program with the members of its {@link Contract}:
 *
 * ```ts
 * declare module "roomcast" {
 *   interface Register {
 *     session: { receiveCount?: number };
 *     serverToClientEvents: { my_response(message: { data: string }): void };
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is empty until a program augments it
export interface Register {}

type Part<C, Name extends keyof Contract, Otherwise> = C extends { [Key in Name]: infer Given }
  ? Given
  : Otherwise;

/** What clients send, by a contract. */
export type ClientToServerEvents<C> = Part<C, "clientToServerEvents", EventMap>;

/** What the server sends, by a contract. */
export type ServerToClientEvents<C> = Part<C, "serverToClientEvents", EventMap>;

/** The session's data, by a contract. */
// biome-ignore lint/suspicious/noExplicitAny: without a contract a session holds anything
export type SessionData<C> = Part<C, "session", Record<string, any>>;

/** The names of events. */
export type EventName<Events> = Extract<keyof Events, string>;

// biome-ignore lint/suspicious/noExplicitAny: a function of any kind is matched here
type AnyFunction = (...values: any[]) => any;

/** The arguments of an event, without the acknowledgement. */
export type EventArguments<Event> = Event extends AnyFunction
  ? Parameters<Event> extends [...infer Values, infer Last]
    ? [Last] extends [AnyFunction]
      ? Values
      : Parameters<Event>
    : Parameters<Event>
  : never;

/** What the receiver of an event acknowledges with; `undefined` where the contract names nothing. */
export type EventAnswer<Event> = Event extends AnyFunction
  ? Parameters<Event> extends [...unknown[], infer Last]
    ? [Last] extends [AnyFunction]
      ? AnswerOfCallback<Parameters<Last>>
      : AnswerOfResult<ReturnType<Event>>
    : AnswerOfResult<ReturnType<Event>>
  : never;

type AnswerOfCallback<Values extends readonly unknown[]> = Values extends [infer Only]
  ? Only
  : Values extends []
    ? undefined
    : Values;

// biome-ignore lint/suspicious/noConfusingVoidType: an event's result is spelled `void` where there is none
type AnswerOfResult<Result> = [Result] extends [void] ? undefined : Awaited<Result>;

/** A handler of an event: what it returns is the acknowledgement. */
export type EventHandler<Event> = (
  ...values: EventArguments<Event>
) => [EventAnswer<Event>] extends [undefined] ? unknown : HandlerResult<EventAnswer<Event>>;

type HandlerResult<Answer> = MaybePromise<
  Answer | (Answer extends readonly unknown[] ? Arguments<Answer> : never)
>;

/** A value, or a promise of it. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** What stands for an event's arguments in `emit(event, data)`: nothing, the one value, or `args(…)`. */
export type EventData<Event> =
  EventArguments<Event> extends infer Values
    ? Values extends readonly []
      ? undefined
      : Values extends readonly [infer Only]
        ? Only | Arguments<[Only]>
        : Values extends readonly [(infer Only)?]
          ? Only | undefined
          : // biome-ignore lint/suspicious/noExplicitAny: any number of arguments of any kind
            any[] extends Values
            ? unknown
            : Values extends readonly unknown[]
              ? Arguments<Values>
              : never
    : never;

/** The parameters after the event's name: data may be left out only where the event takes none. */
export type DataAndOptions<Event, Options> =
  undefined extends EventData<Event>
    ? [data?: EventData<Event>, options?: Options]
    : [data: EventData<Event>, options?: Options];
