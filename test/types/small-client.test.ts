import { type CallError, type ClientError, type ClientSocket, connect } from "roomcast/client";
import { contract, event, type } from "roomcast/contract";
import { useCall, useEvent, useLatest, useSocket } from "roomcast/react";
import { describe, expectTypeOf, it } from "vitest";

/** Checked only by the compiler: nothing in here is called. */
function compiles(..._programs: (() => unknown)[]): void {}

const chat = contract({
  client: {
    say: event(type<{ text: string }>(), { answer: type<"delivered">() }),
    move: event([type<number>(), type<number>()]),
    ping: event(),
  },
  server: {
    said: event([type<string>(), type<Uint8Array>()]),
    ask: event(type<number>(), { answer: type<boolean>() }),
  },
  auth: type<{ token: string }>(),
});

describe("connect(contract)", () => {
  it("types events, answers and auth", () => {
    compiles(() => {
      const socket = connect(chat, "http://server", { auth: async () => ({ token: "x" }) });
      expectTypeOf(socket.call("say", { text: "a" })).resolves.toEqualTypeOf<"delivered">();
      expectTypeOf(socket.call("ping")).resolves.toEqualTypeOf<undefined>();
      socket.on("said", (from, bytes) => {
        expectTypeOf(from).toBeString();
        expectTypeOf(bytes).toEqualTypeOf<Uint8Array>();
      });
      socket.on("ask", (value) => value > 1);
      socket.on("disconnect", (reason, error) => [reason.length, error.code]);
      // @ts-expect-error no such event
      socket.emit("shout", "a");
      // @ts-expect-error a number is no text
      socket.emit("say", { text: 1 });
      // @ts-expect-error the answer is a boolean
      socket.on("ask", () => "yes");
      // @ts-expect-error the token is missing
      connect(chat, { auth: {} });
    });
  });

  it("takes events as types, or none", () => {
    compiles(() => {
      const socket = connect<{
        clientToServerEvents: { sum(a: number, b: number): number };
        serverToClientEvents: { said(text: string): void };
      }>("http://server");
      socket.on("said", (text) => expectTypeOf(text).toBeString());
      // @ts-expect-error several values are args(1, 2)
      socket.call("sum", 1, 2);
      expectTypeOf(connect()).toEqualTypeOf<ClientSocket>();
      connect().emit("anything", { a: 1 }, { volatile: true });
    });
  });
});

describe("the hooks", () => {
  it("have the contract's types", () => {
    compiles(() => {
      const { socket } = useSocket(chat, { auth: { token: "x" } });
      useEvent(socket, "said", (from) => expectTypeOf(from).toBeString());
      expectTypeOf(useLatest(socket, "said", null)).toEqualTypeOf<string | null>();
      const { call, data } = useCall(socket, "say");
      expectTypeOf(data).toEqualTypeOf<"delivered" | undefined>();
      expectTypeOf(call({ text: "a" })).resolves.toEqualTypeOf<"delivered">();
      // @ts-expect-error no such event
      useEvent(socket, "shouted", () => {});
      useEvent(socket, "connect", () => socket.recovered);
      useEvent(socket, "connect_error", (error) => expectTypeOf(error).toEqualTypeOf<ClientError>());
    });
  });
});

describe("the error of a call", () => {
  const rooms = contract({
    client: {
      say: event(type<string>(), { errors: { muted: type<{ until: number }>() } }),
      enter: event(type<string>()),
    },
    errors: { login: type() },
  });

  it("has the data of its code, by the contract", () => {
    compiles(() => {
      const { error } = useCall(connect(rooms), "say");
      if (error?.code === "muted") expectTypeOf(error.data).toEqualTypeOf<{ until: number }>();
      if (error?.code === "login") expectTypeOf(error.data).toEqualTypeOf<undefined>();
      if (error?.code === "ERR_TIMEOUT") expectTypeOf(error.data).toBeUnknown();
      if (error) expectTypeOf(error.message).toBeString();
      // @ts-expect-error no error of this event
      if (error?.code === "banned") return;
      const entered = useCall(connect(rooms), "enter");
      // @ts-expect-error an error of another event
      if (entered.error?.code === "muted") return;
    });
  });

  it("is of any code without one", () => {
    expectTypeOf<CallError<typeof chat, "say">>().toEqualTypeOf<ClientError>();
    compiles(() => useCall(connect(), "say").error?.code === "banned");
  });
});
