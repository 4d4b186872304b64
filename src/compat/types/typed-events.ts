/**
 * The types of events as Socket.IO's own typings have them: maps from the names of events to the types of
 * their listeners, whose last parameter may be an acknowledgement. Types alone, nothing at run time.
 */

/** Any function. */
// biome-ignore lint/suspicious/noExplicitAny: only any lets every listener be a listener
type AnyFunction = (...values: any[]) => any;

/** Events by name, each with the type of its listener. */
// biome-ignore lint/suspicious/noExplicitAny: programs give interfaces, which have no index of functions
export type EventsMap = { [event: string]: any };

/** Events of any name, with any arguments. */
export interface DefaultEventsMap {
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are not known
  [event: string]: (...args: any[]) => void;
}

/** The names of events. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of an event. */
export type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>;

/** The names of user's events and of those that the library emits itself. */
export type ListenNames<Reserved extends EventsMap, Listen extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<Listen>;

/** The listener of an event. */
export type Listener<
  Reserved extends EventsMap,
  Listen extends EventsMap,
  Name extends ListenNames<Reserved, Listen>,
> = OrUntyped<
  Name extends EventNames<Reserved> ? Reserved[Name] : Name extends EventNames<Listen> ? Listen[Name] : never
>;

// biome-ignore lint/suspicious/noExplicitAny: the compiler could not tell which event it is
type OrUntyped<Type> = [Type] extends [never] ? (...args: any[]) => void | Promise<void> : Type;

type IsAny<Type> = 0 extends 1 & Type ? true : false;

/** The last member of a list. */
export type Last<List extends readonly unknown[]> = List extends readonly [...unknown[], infer Member]
  ? Member
  : List extends readonly (infer Member)[]
    ? Member
    : never;

/** A list without its last member. */
// biome-ignore lint/suspicious/noExplicitAny: a list of unknown length loses none
export type AllButLast<List extends any[]> = List extends [...infer Rest, unknown] ? Rest : any[];

/** Whether the last argument of an event is an acknowledgement. */
type HasAck<Handler> =
  IsAny<Handler> extends true
    ? "maybe"
    : Handler extends (...values: infer Values) => unknown
      ? Values extends []
        ? "no"
        : IsAny<Last<Values>> extends true
          ? "maybe"
          : Last<Values> extends AnyFunction
            ? "yes"
            : "no"
      : "no";

/** The names of events that are acknowledged. */
export type NamesWithAck<Map extends EventsMap, Name extends EventNames<Map> = EventNames<Map>> =
  Name extends EventNames<Map> ? (HasAck<Map[Name]> extends "no" ? never : Name) : never;

/** The names of events that are not acknowledged. */
export type NamesWithoutAck<Map extends EventsMap, Name extends EventNames<Map> = EventNames<Map>> =
  Name extends EventNames<Map> ? (HasAck<Map[Name]> extends "yes" ? never : Name) : never;

/** The names of events whose acknowledgement begins with an error, as it does with a timeout. */
export type NamesWithError<Map extends EventsMap, Name extends NamesWithAck<Map> = NamesWithAck<Map>> =
  Name extends NamesWithAck<Map>
    ? HasAck<Map[Name]> extends "maybe"
      ? Name
      : FirstOf<Last<Parameters<Map[Name]>>> extends Error
        ? Name
        : never
    : never;

type FirstOf<Handler> = Handler extends (...values: infer Values) => unknown ? Values[0] : never;

/** The events that are not acknowledged. */
export type WithoutAcks<Map extends EventsMap> = { [Name in NamesWithoutAck<Map>]: Map[Name] };

/** What an acknowledgement resolves to: its first argument that is no error. */
export type AckValue<Ack> = Ack extends (...values: infer Values) => unknown
  ? Values[0] extends Error
    ? Values[1]
    : Values[0]
  : // biome-ignore lint/suspicious/noExplicitAny: the acknowledgement is not known
    any;

type PrependError<Values extends unknown[]> = {
  [Index in keyof Values]: Values[Index] extends (...args: infer Answer) => infer Result
    ? Answer[0] extends Error
      ? Values[Index]
      : (err: Error, ...args: Answer) => Result
    : Values[Index];
};

/** The same events, whose acknowledgements get an error first when the time is over. */
export type WithTimeout<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Values) => infer Result
    ? (...args: PrependError<Values>) => Result
    : Map[Name];
};

/** The first member of a list, with its label. */
type OnlyFirst<List extends unknown[]> = List extends [unknown, ...infer Rest]
  ? List extends [...infer First, ...Rest]
    ? First
    : never
  : never;

type EachAsList<List extends unknown[]> = { [Index in keyof List]: List[Index][] };

type ExpectLists<Values extends unknown[]> = {
  [Index in keyof Values]: Values[Index] extends (...args: infer Answer) => infer Result
    ? Answer extends [Error]
      ? (err: Error) => Result
      : Answer extends [Error, ...infer Rest]
        ? (err: Error, ...args: OnlyFirst<EachAsList<Rest>>) => Result
        : Answer extends []
          ? () => Result
          : (...args: OnlyFirst<EachAsList<Answer>>) => Result
    : Values[Index];
};

/** The same events, whose acknowledgements get a list: the first value of each client. */
export type WithLists<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Values) => infer Result
    ? (...args: ExpectLists<Values>) => Result
    : Map[Name];
};

/** The same events, whose acknowledgements get an error and a list. */
export type WithTimeoutAndLists<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Values) => infer Result
    ? (...args: ExpectLists<PrependError<Values>>) => Result
    : Map[Name];
};
