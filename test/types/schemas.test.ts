/** What contracts of schemas make of types, before any server is involved. */

import { type as ark } from "arktype";
import {
  contract,
  type EventErrors,
  type EventsToClient,
  type EventsToServer,
  event,
  refuse,
  type SentAuth,
  type,
} from "roomcast/contract";
import * as v from "valibot";
import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { Arguments } from "../../src/contract/arguments.ts";
import type {
  AuthData,
  ClientToServerEvents,
  DataAndOptions,
  EventData,
  EventHandler,
  EventMap,
  PublicData,
  ServerToClientEvents,
  SessionData,
} from "../../src/contract/events.ts";

const chat = contract({
  client: {
    say: event(z.object({ room: z.string(), at: z.string().transform((text) => new Date(text)) }), {
      answer: z.literal("delivered"),
      errors: { muted: z.object({ until: z.number() }), full: type() },
    }),
    typing: event(z.string()),
    move: event([z.number(), v.optional(v.number())]),
    pair: event([], { answer: [ark("string"), z.number()] }),
    upload: event(type<Uint8Array>()),
    shape: event(ark({ name: "string", "size?": "number" })),
    valid: event(v.object({ name: v.string() }), { answer: v.boolean() }),
    counted: event(z.number().default(1)),
    nothing: event(),
  },
  server: {
    said: event(z.object({ from: z.string(), text: z.string() })),
    ask: event(z.string(), { answer: z.string().transform(Number) }),
    bytes: event([type<Uint8Array>(), z.number()]),
    pong: event(),
  },
  errors: { unauthorized: type() },
  auth: z.object({ token: z.string().transform((token) => token.length) }),
  session: type<{ name: string }>(),
  publicData: z.object({ name: z.string().optional() }),
});
type Chat = typeof chat;

describe("a contract of schemas", () => {
  it("gives handlers what the schemas make of the arguments", () => {
    type Events = ClientToServerEvents<Chat>;
    expectTypeOf<Parameters<Events["say"]>>().toEqualTypeOf<[{ room: string; at: Date }]>();
    expectTypeOf<ReturnType<Events["say"]>>().toEqualTypeOf<"delivered">();
    expectTypeOf<Parameters<Events["typing"]>>().toEqualTypeOf<[string]>();
    expectTypeOf<ReturnType<Events["typing"]>>().toEqualTypeOf<void>();
    expectTypeOf<Parameters<Events["move"]>>().toEqualTypeOf<[number, (number | undefined)?]>();
    expectTypeOf<ReturnType<Events["pair"]>>().toEqualTypeOf<Arguments<[string, number]>>();
    expectTypeOf<Parameters<Events["upload"]>>().toEqualTypeOf<[Uint8Array]>();
    expectTypeOf<Parameters<Events["shape"]>>().toEqualTypeOf<[{ name: string; size?: number }]>();
    expectTypeOf<Parameters<Events["valid"]>>().toEqualTypeOf<[{ name: string }]>();
    expectTypeOf<Parameters<Events["counted"]>>().toEqualTypeOf<[number]>();
    expectTypeOf<Parameters<Events["nothing"]>>().toEqualTypeOf<[]>();
    expectTypeOf<EventHandler<Events["valid"]>>().returns.toEqualTypeOf<boolean | PromiseLike<boolean>>();
  });

  it("asks clients for what the schemas take", () => {
    type Events = EventsToServer<Chat>;
    expectTypeOf<Parameters<Events["say"]>>().toEqualTypeOf<[{ room: string; at: string }]>();
    expectTypeOf<ReturnType<Events["say"]>>().toEqualTypeOf<"delivered">();
    expectTypeOf<Parameters<Events["counted"]>>().toEqualTypeOf<[(number | undefined)?]>();
    expectTypeOf<SentAuth<Chat>>().toEqualTypeOf<{ token: string }>();
  });

  it("has the server send what the schemas take, and get what they make of acknowledgements", () => {
    type Events = ServerToClientEvents<Chat>;
    expectTypeOf<EventData<Events["said"]>>().toEqualTypeOf<{ from: string; text: string }>();
    expectTypeOf<ReturnType<Events["ask"]>>().toEqualTypeOf<number>();
    expectTypeOf<ReturnType<EventsToClient<Chat>["ask"]>>().toEqualTypeOf<string>();
    expectTypeOf<DataAndOptions<Events["pong"], { to: string }>>().toEqualTypeOf<
      [data?: undefined, options?: { to: string }]
    >();
    expectTypeOf<AuthData<Chat>>().toEqualTypeOf<{ token: number }>();
    expectTypeOf<SessionData<Chat>>().toEqualTypeOf<{ name: string }>();
    expectTypeOf<PublicData<Chat>>().toEqualTypeOf<{ name?: string | undefined }>();
  });

  it("names the errors of each event", () => {
    type Expected =
      | { readonly code: "muted"; readonly data: { until: number } }
      | { readonly code: "full"; readonly data: undefined }
      | { readonly code: "unauthorized"; readonly data: undefined };
    expectTypeOf<EventErrors<Chat, "say">["code"]>().toEqualTypeOf<Expected["code"]>();
    expectTypeOf<Extract<EventErrors<Chat, "say">, { code: "muted" }>["data"]>().toEqualTypeOf<{
      until: number;
    }>();
    expectTypeOf<EventErrors<Chat, "typing">["code"]>().toEqualTypeOf<"unauthorized">();
  });

  it("stands in Register for the whole program", () => {
    interface Registered {
      contract: Chat;
      publicData: { other: string };
      serverEvents: { flush(): void };
    }
    expectTypeOf<ClientToServerEvents<Registered>>().toEqualTypeOf<ClientToServerEvents<Chat>>();
    expectTypeOf<SessionData<Registered>>().toEqualTypeOf<{ name: string }>();
    expectTypeOf<PublicData<Registered>>().toEqualTypeOf<{ name?: string | undefined }>();
  });

  it("leaves open what it does not name", () => {
    const open = contract({ server: { said: event(z.string()) } });
    expectTypeOf<ClientToServerEvents<typeof open>>().toEqualTypeOf<EventMap>();
    expectTypeOf<AuthData<typeof open>>().toBeAny();
    expectTypeOf<SessionData<typeof open>["anything"]>().toBeAny();
  });
});

describe("contract()", () => {
  it("is checked", () => {
    const compiles = (..._programs: (() => unknown)[]): void => {};
    compiles(
      // @ts-expect-error contracts have no such part
      () => contract({ clinet: {}, server: {} }),
      // @ts-expect-error an event is made by event()
      () => contract({ client: { say: z.string() } }),
      // @ts-expect-error a text is no schema
      () => event("string"),
      // @ts-expect-error an error's data has a schema
      () => event(z.string(), { errors: ["muted"] }),
      () => refuse("anything", { at: 1 }),
    );
  });
});
