import { describe, expectTypeOf, it } from "vitest";
import type { Arguments } from "../../src/contract/arguments.ts";
import type {
  AnswerValues,
  ClientToServerEvents,
  DataAndOptions,
  EventAnswer,
  EventArguments,
  EventData,
  EventHandler,
  EventMap,
  MaybePromise,
  ServerToClientEvents,
  SessionData,
} from "../../src/contract/events.ts";

interface Events {
  nothing(): void;
  one(message: { data: string }): void;
  optional(message?: string): void;
  two(x: number, how: "up" | "down"): void;
  twoOrOne(x: number, y?: string): void;
  rest(...numbers: number[]): void;
  answer(a: number): number;
  laterAnswer(a: number): Promise<number>;
  maybe(): boolean | undefined;
  several(): Arguments<[a: number, b: string]>;
  list(): [number, string];
  acknowledged(a: string, acknowledge: (n: number) => void): void;
  perhapsAcknowledged(a: string, acknowledge?: (n: number) => void): void;
  acknowledgedWithNothing(acknowledge: () => void): void;
  acknowledgedWithSeveral(acknowledge: (a: number, b: string) => void): void;
  unknowns(value: unknown): unknown;
}

describe("an event's type", () => {
  it("gives its arguments, without the acknowledgement", () => {
    expectTypeOf<EventArguments<Events["nothing"]>>().toEqualTypeOf<[]>();
    expectTypeOf<EventArguments<Events["one"]>>().toEqualTypeOf<[message: { data: string }]>();
    expectTypeOf<EventArguments<Events["twoOrOne"]>>().toEqualTypeOf<[x: number, y?: string | undefined]>();
    expectTypeOf<EventArguments<Events["rest"]>>().toEqualTypeOf<number[]>();
    expectTypeOf<EventArguments<Events["acknowledged"]>>().toEqualTypeOf<[a: string]>();
    expectTypeOf<EventArguments<Events["perhapsAcknowledged"]>>().toEqualTypeOf<[a: string]>();
    expectTypeOf<EventArguments<Events["acknowledgedWithNothing"]>>().toEqualTypeOf<[]>();
    expectTypeOf<EventArguments<Events["unknowns"]>>().toEqualTypeOf<[value: unknown]>();
    expectTypeOf<EventArguments<"no function">>().toBeNever();
  });

  it("gives the values of its acknowledgement", () => {
    expectTypeOf<AnswerValues<Events["nothing"]>>().toEqualTypeOf<[]>();
    expectTypeOf<AnswerValues<Events["answer"]>>().toEqualTypeOf<[number]>();
    expectTypeOf<AnswerValues<Events["laterAnswer"]>>().toEqualTypeOf<[number]>();
    expectTypeOf<AnswerValues<Events["maybe"]>>().toEqualTypeOf<[boolean | undefined]>();
    expectTypeOf<AnswerValues<Events["several"]>>().toEqualTypeOf<[a: number, b: string]>();
    expectTypeOf<AnswerValues<Events["list"]>>().toEqualTypeOf<[[number, string]]>();
    expectTypeOf<AnswerValues<Events["acknowledged"]>>().toEqualTypeOf<[n: number]>();
    expectTypeOf<AnswerValues<Events["perhapsAcknowledged"]>>().toEqualTypeOf<[n: number]>();
    expectTypeOf<AnswerValues<Events["acknowledgedWithNothing"]>>().toEqualTypeOf<[]>();
    expectTypeOf<AnswerValues<Events["acknowledgedWithSeveral"]>>().toEqualTypeOf<[a: number, b: string]>();
    expectTypeOf<AnswerValues<"no function">>().toBeNever();
  });

  it("gives what asking for the acknowledgement resolves to", () => {
    expectTypeOf<EventAnswer<Events["nothing"]>>().toBeUndefined();
    expectTypeOf<EventAnswer<Events["answer"]>>().toBeNumber();
    expectTypeOf<EventAnswer<Events["maybe"]>>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<EventAnswer<Events["several"]>>().toEqualTypeOf<[a: number, b: string]>();
    expectTypeOf<EventAnswer<Events["list"]>>().toEqualTypeOf<[number, string]>();
    expectTypeOf<EventAnswer<Events["acknowledgedWithNothing"]>>().toBeUndefined();
    expectTypeOf<EventAnswer<Events["acknowledgedWithSeveral"]>>().toEqualTypeOf<[a: number, b: string]>();
  });

  it("gives what emitting takes for its data", () => {
    expectTypeOf<EventData<Events["nothing"]>>().toBeUndefined();
    expectTypeOf<EventData<Events["one"]>>().toEqualTypeOf<{ data: string }>();
    expectTypeOf<EventData<Events["optional"]>>().toEqualTypeOf<string | undefined>();
    expectTypeOf<EventData<Events["two"]>>().toEqualTypeOf<Arguments<[x: number, how: "up" | "down"]>>();
    expectTypeOf<EventData<Events["twoOrOne"]>>().toEqualTypeOf<
      number | Arguments<[x: number, y?: string | undefined]>
    >();
    expectTypeOf<EventData<Events["rest"]>>().toEqualTypeOf<number | undefined | Arguments<number[]>>();
    expectTypeOf<EventData<Events["acknowledged"]>>().toBeString();
    expectTypeOf<EventData<Events["unknowns"]>>().toBeUnknown();
  });

  it("lets the data be left out where it may be nothing", () => {
    type Options = { to: string };
    expectTypeOf<DataAndOptions<Events["one"], Options>>().toEqualTypeOf<
      [data: { data: string }, options?: Options]
    >();
    expectTypeOf<DataAndOptions<Events["nothing"], Options>>().toEqualTypeOf<
      [data?: undefined, options?: Options]
    >();
    expectTypeOf<DataAndOptions<Events["optional"], Options>>().toEqualTypeOf<
      [data?: string | undefined, options?: Options]
    >();
  });

  it("gives the handler, which returns what the contract says, at once or later", () => {
    expectTypeOf<EventHandler<Events["nothing"]>>().toEqualTypeOf<() => unknown>();
    expectTypeOf<EventHandler<Events["answer"]>>().toEqualTypeOf<(a: number) => MaybePromise<number>>();
    expectTypeOf<EventHandler<Events["acknowledged"]>>().toEqualTypeOf<(a: string) => MaybePromise<number>>();
    expectTypeOf<EventHandler<Events["list"]>>().toEqualTypeOf<() => MaybePromise<[number, string]>>();
    expectTypeOf<EventHandler<Events["several"]>>().toEqualTypeOf<
      () => MaybePromise<Arguments<[a: number, b: string]>>
    >();
  });
});

describe("an event of which nothing is known", () => {
  type Loose = EventMap[string];

  it("takes anything", () => {
    // biome-ignore lint/suspicious/noExplicitAny: the test shows it
    expectTypeOf<EventHandler<Loose>>().toEqualTypeOf<(...values: any[]) => unknown>();
    expectTypeOf<EventData<Loose>>().toBeUnknown();
    expectTypeOf<EventAnswer<Loose>>().toBeAny();
    // biome-ignore lint/suspicious/noExplicitAny: the test shows it
    expectTypeOf<AnswerValues<Loose>>().toEqualTypeOf<any[]>();
    expectTypeOf<DataAndOptions<Loose, "options">>().toEqualTypeOf<[data?: unknown, options?: "options"]>();
  });
});

describe("a contract", () => {
  it("checks what it names, and leaves the rest loose", () => {
    type Partly = { serverToClientEvents: Events };
    expectTypeOf<ServerToClientEvents<Partly>>().toEqualTypeOf<Events>();
    expectTypeOf<ClientToServerEvents<Partly>>().toEqualTypeOf<EventMap>();
    // biome-ignore lint/suspicious/noExplicitAny: the test shows it
    expectTypeOf<SessionData<Partly>>().toEqualTypeOf<Record<string, any>>();
    expectTypeOf<SessionData<{ session: { user: string } }>>().toEqualTypeOf<{ user: string }>();
  });
});
