/**
 * The application's events as types. Two ways to give them: augment {@link Register} once for the whole program, which
 * the ambient functions follow too, or name a contract at `new SocketIO<Contract>()`, which they do not follow.
 */

import type { Arguments } from "./arguments.ts";

/**
 * Events by name. Parameters are the event's arguments, the result is what the receiver acknowledges with:
 * `{ sum(a: number, b: number): number; message(text: string): void }`. A result of several values is spelled
 * `Arguments<[a: number, b: string]>`. A last parameter that is a function, as in Socket.IO's own typings, counts as the
 * acknowledgement too.
 */
// biome-ignore lint/suspicious/noExplicitAny: only `any` lets every function type be an event of a contract
export type EventMap = { [event: string]: (...values: any[]) => any };

/** What a program's clients and server say to each other. Whatever is left out is not checked. */
export interface Contract {
  /** What clients send. */
  clientToServerEvents?: object;
  /** What the server sends. */
  serverToClientEvents?: object;
  /** What the application's processes send each other. */
  serverEvents?: object;
  /** The session's data. */
  session?: object;
  /** What everybody may know of a client. */
  publicData?: object;
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

/** What the application's processes send each other, by a contract. */
export type ServerEvents<C> = Part<C, "serverEvents", EventMap>;

/** The session's data, by a contract. */
// biome-ignore lint/suspicious/noExplicitAny: without a contract a session holds anything
export type SessionData<C> = Part<C, "session", Record<string, any>>;

/** What everybody may know of a client, by a contract. */
// biome-ignore lint/suspicious/noExplicitAny: without a contract public data is anything
export type PublicData<C> = Part<C, "publicData", Record<string, any>>;

// biome-ignore lint/suspicious/noExplicitAny: a function of any kind is matched here
type AnyFunction = (...values: any[]) => any;

/** Whether a type is `any`, to which every other question is answered with yes. */
type IsAny<Type> = 0 extends 1 & Type ? true : false;

/** The acknowledgement among an event's parameters: the last one, where that is a function; else `null`. */
type Acknowledgement<Values extends readonly unknown[]> =
  Required<Values> extends [...unknown[], infer Last]
    ? unknown extends Last
      ? null
      : Last extends AnyFunction
        ? Last
        : null
    : null;

/** The arguments of an event, without the acknowledgement. */
export type EventArguments<Event> = Event extends AnyFunction
  ? Acknowledgement<Parameters<Event>> extends null
    ? Parameters<Event>
    : Required<Parameters<Event>> extends [...infer Values, unknown]
      ? Values
      : never
  : never;

/** The values that the receiver of an event acknowledges with; none where the contract names nothing. */
export type AnswerValues<Event> = Event extends AnyFunction
  ? Acknowledgement<Parameters<Event>> extends infer Last extends AnyFunction
    ? Parameters<Last>
    : ResultValues<Awaited<ReturnType<Event>>>
  : never;

type ResultValues<Result> =
  IsAny<Result> extends true
    ? Result[]
    : // biome-ignore lint/suspicious/noConfusingVoidType: an event's result is spelled `void` where there is none
      [Result] extends [void]
      ? []
      : [Result] extends [Arguments<infer Values>]
        ? [...Values]
        : [Result];

/** What asking for an event's acknowledgement gives: nothing, the one value, or a list of several. */
export type EventAnswer<Event> = AnswerOf<AnswerValues<Event>>;

type AnswerOf<Values extends readonly unknown[]> =
  IsAny<Values[number]> extends true
    ? Values[number]
    : Values extends []
      ? undefined
      : Values extends [(infer Only)?]
        ? Only
        : Values;

/** A handler of an event: what it returns is the acknowledgement. */
export type EventHandler<Event> = (...values: EventArguments<Event>) => HandlerResult<AnswerValues<Event>>;

type HandlerResult<Answer extends readonly unknown[]> =
  IsAny<Answer[number]> extends true
    ? unknown
    : Answer extends []
      ? unknown
      : Answer extends [(infer Only)?]
        ? MaybePromise<Only>
        : MaybePromise<Arguments<Answer>>;

/** A value, or a promise of it. */
export type MaybePromise<Value> = Value | PromiseLike<Value>;

/** What stands for an event's arguments in `emit(event, data)`: nothing, the one value, or `args(…)` for several. */
export type EventData<Event> = DataOf<EventArguments<Event>>;

type DataOf<Values extends readonly unknown[]> =
  IsAny<Values[number]> extends true
    ? unknown
    : Values extends readonly []
      ? undefined
      :
          | ([] extends Values ? undefined : never)
          | (Values extends readonly [(infer First)?, ...infer Rest]
              ? [] extends Rest
                ? First
                : never
              : never)
          | (Values["length"] extends 0 | 1 ? never : Arguments<Values>);

/** The parameters after the event's name: data may be left out only where the event takes none. */
export type DataAndOptions<Event, Options> =
  undefined extends EventData<Event>
    ? [data?: EventData<Event>, options?: Options]
    : [data: EventData<Event>, options?: Options];
