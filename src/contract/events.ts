/**
 * The application's events as types.
 *
 * There are two ways to declare them: augment {@link Register} once for the whole program, ambient functions
 * included, or give a contract to `new SocketIO()`, which ambient functions do not know. A contract is a
 * type, as in `new SocketIO<Contract>()`, or a value that checks events as well: see {@link DefinedContract}.
 */

import type { Arguments, UseArgs } from "./arguments.ts";
import type { DefinedContract } from "./contract.ts";
import type { HandledByServer, OnTheWay, PartsOf, SentByServer } from "./contract-events.ts";
import type { SchemaInput, SchemaOutput } from "./standard-schema.ts";

/**
 * Events by name.
 *
 * Parameters are the event's arguments; the result is the receiver's acknowledgement: `{ sum(a: number, b:
 * number): number; message(text: string): void }`. Several acknowledged values are spelled `Arguments<[a:
 * number, b: string]>`. A last parameter that is a function, as in Socket.IO's own typings, is the
 * acknowledgement too.
 */
// biome-ignore lint/suspicious/noExplicitAny: only `any` lets every function type be an event of a contract
export type EventMap = { [event: string]: (...values: any[]) => any };

/** The events and data of a program's clients and server. Members that are left out are not checked. */
export interface Contract {
  /** Events from clients. */
  clientToServerEvents?: object;
  /** Events from the server. */
  serverToClientEvents?: object;
  /** Events between the application's processes. */
  serverEvents?: object;
  /** The session's data. */
  session?: object;
  /** A client's public data. */
  publicData?: object;
  /** What `request.http` is in handlers: the request, or the context, of the application's framework. */
  http?: object;
  /** A contract that checks events as well. Its events and data take the place of those here. */
  contract?: DefinedContract;
  /** What tells a contract that is a value, which can be given as a whole. */
  readonly "~contract"?: 1;
}

/**
 * A program augments it with the members of its {@link Contract}:
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

/** A member of a contract that is a type. */
type Part<C, Name extends keyof Contract, Otherwise> = C extends { [Key in Name]: infer Given }
  ? Given
  : Otherwise;

/** A part of a contract that is a value; `never` where there is none. */
type SchemaPart<C, Name extends string> = PartsOf<C> extends { [Key in Name]: infer Given } ? Given : never;

/** Data by its schema in a contract that is a value, or by a member of one that is a type. */
type DataPart<C, Name extends "session" | "publicData", Otherwise> = [SchemaPart<C, Name>] extends [never]
  ? C extends DefinedContract
    ? Otherwise
    : Part<C, Name, Otherwise>
  : SchemaInput<SchemaPart<C, Name>>;

/** Events from clients, by a contract, as the server handles them. */
export type ClientToServerEvents<C> = [SchemaPart<C, "client">] extends [never]
  ? Part<C, "clientToServerEvents", EventMap>
  : HandledByServer<SchemaPart<C, "client">>;

/** Events from the server, by a contract, as the server sends them. */
export type ServerToClientEvents<C> = [SchemaPart<C, "server">] extends [never]
  ? Part<C, "serverToClientEvents", EventMap>
  : SentByServer<SchemaPart<C, "server">>;

/** Events from clients, by a contract, as clients send them. */
export type EventsToServer<C> = [SchemaPart<C, "client">] extends [never]
  ? Part<C, "clientToServerEvents", EventMap>
  : OnTheWay<SchemaPart<C, "client">>;

/** Events from the server, by a contract, as clients handle them. */
export type EventsToClient<C> = [SchemaPart<C, "server">] extends [never]
  ? Part<C, "serverToClientEvents", EventMap>
  : OnTheWay<SchemaPart<C, "server">>;

/** Events between the application's processes, by a contract. */
export type ServerEvents<C> = Part<C, "serverEvents", EventMap>;

/** The session's data, by a contract. */
// biome-ignore lint/suspicious/noExplicitAny: without a contract a session holds anything
export type SessionData<C> = DataPart<C, "session", Record<string, any>>;

/** A client's public data, by a contract. */
// biome-ignore lint/suspicious/noExplicitAny: without a contract public data is anything
export type PublicData<C> = DataPart<C, "publicData", Record<string, any>>;

/** What a `connect` handler gets of what clients send along, by a contract. */
// biome-ignore lint/suspicious/noExplicitAny: without a schema clients send what they like
export type AuthData<C> = [SchemaPart<C, "auth">] extends [never] ? any : SchemaOutput<SchemaPart<C, "auth">>;

/** What clients send along when they connect, by a contract. */
// biome-ignore lint/suspicious/noExplicitAny: without a schema clients send what they like
export type SentAuth<C> = [SchemaPart<C, "auth">] extends [never] ? any : SchemaInput<SchemaPart<C, "auth">>;

// biome-ignore lint/suspicious/noExplicitAny: a function of any kind is matched here
type AnyFunction = (...values: any[]) => any;

/** Whether a type is `any`, which every conditional type takes for a match. */
type IsAny<Type> = 0 extends 1 & Type ? true : false;

/** The acknowledgement among an event's parameters: the last one, if it is a function; else `null`. */
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

/** The acknowledged values of an event; none where the contract names none. */
export type AnswerValues<Event> = Event extends AnyFunction
  ? Acknowledgement<Parameters<Event>> extends infer Last extends AnyFunction
    ? Parameters<Last>
    : ResultValues<Awaited<ReturnType<Event>>>
  : never;

type ResultValues<Result> =
  IsAny<Result> extends true
    ? Result[]
    : // biome-ignore lint/suspicious/noConfusingVoidType: an event without a result has `void`
      [Result] extends [void]
      ? []
      : [Result] extends [Arguments<infer Values>]
        ? [...Values]
        : [Result];

/** The result of asking for an event's acknowledgement: nothing, the one value, or a list of several. */
export type EventAnswer<Event> = AnswerOf<AnswerValues<Event>>;

type AnswerOf<Values extends readonly unknown[]> =
  IsAny<Values[number]> extends true
    ? Values[number]
    : Values extends []
      ? undefined
      : Values extends [(infer Only)?]
        ? Only
        : Values;

/** A handler of an event: its result is the acknowledgement. */
export type EventHandler<Event> = (...values: EventArguments<Event>) => HandlerResult<AnswerValues<Event>>;

type HandlerResult<Answer extends readonly unknown[]> =
  IsAny<Answer[number]> extends true
    ? unknown
    : Answer extends []
      ? unknown
      : Answer extends [(infer Only)?]
        ? MaybePromise<Only>
        : MaybePromise<UseArgs<Answer>>;

/** A value, or a promise of it. */
export type MaybePromise<Value> = Value | PromiseLike<Value>;

/** The data of `emit(event, data)`: nothing, the one value, or `args(…)` for several. */
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
          | (Values["length"] extends 0 | 1 ? never : UseArgs<Values>);

/** The parameters after the event's name: data is optional only where the event takes none. */
export type DataAndOptions<Event, Options> =
  undefined extends EventData<Event>
    ? [data?: EventData<Event>, options?: Options]
    : [data: EventData<Event>, options?: Options];
