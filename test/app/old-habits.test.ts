import { describe, expect, it } from "vitest";
import { oldHabitIn } from "../../src/app/old-habits.ts";

const said = (message: string, event = "say") => oldHabitIn(new TypeError(message), event);

describe("oldHabitIn()", () => {
  it.each(["cb", "callback", "ack", "acknowledge", "fn"])("explains the callback %s", (name) => {
    expect(said(`${name} is not a function`)).toContain("return the value");
    expect(said(`${name} is not a function. (In '${name}(1)', '${name}' is undefined)`)).toContain("return");
  });

  it.each([
    ["socket.to is not a function", "{ to: room, includeSelf: false }"],
    ["socket.emit is not a function", "emit(event, data)"],
    ["client.leave is not a function", "leaveRoom(room)"],
    ["socket.to is not a function. (In 'socket.to(1)', 'socket.to' is undefined)", "{ to: room"],
    ["Cannot read properties of undefined (reading 'emit')", "{ broadcast: true, includeSelf: false }"],
    ["undefined is not an object (evaluating 'socket.broadcast.emit')", "{ broadcast: true"],
    ["Cannot read properties of undefined (reading 'auth')", "request.auth"],
    ["socket.getMaxListeners is not a function", "the event's arguments."],
  ])("explains what %s has to do with a socket", (message, text) => {
    expect(said(message)).toContain('Functions of "roomcast" act for the client');
    expect(said(message)).toContain(text);
  });

  it.each([
    ["Cannot read properties of undefined (reading 'on')", "socketio.on(event, handler)"],
    ["Cannot read properties of undefined (reading 'join')", "joinRoom(room)"],
    ["Cannot read properties of undefined (reading 'handshake')", "request.auth"],
    ["undefined is not an object (evaluating 'socket.on')", "socketio.on(event, handler)"],
  ])("explains it in a connect handler, which gets nothing without auth: %s", (message, text) => {
    expect(said(message, "connect")).toContain(text);
  });

  it.each([
    "list.map is not a function",
    "load is not a function",
    "Cannot read properties of undefined (reading 'join')",
    "Cannot read properties of undefined (reading 'constructor')",
    "undefined is not an object (evaluating 'a.b.c')",
  ])("has nothing to say of %s", (message) => {
    expect(said(message)).toBe(null);
  });

  it.each(["socket is not defined", "Can't find variable: socket"])("explains that %s", (message) => {
    const hint = oldHabitIn(new ReferenceError(message), "say");
    expect(hint).toContain("emit(event, data) sends to the client.");
    expect(hint).toContain("{ to: room, includeSelf: false }");
  });

  it("has nothing to say of other names that are not defined", () => {
    expect(oldHabitIn(new ReferenceError("rooom is not defined"), "say")).toBe(null);
    expect(oldHabitIn(new ReferenceError("ack is not defined"), "say")).toContain("return the value");
  });

  it("has nothing to say of errors that cannot be read", () => {
    const { proxy, revoke } = Proxy.revocable(new TypeError("cb is not a function"), {});
    revoke();
    expect(oldHabitIn(proxy, "say")).toBe(null);
    const unreadable = new ReferenceError("cb is not defined");
    Object.defineProperty(unreadable, "message", {
      get() {
        throw new Error("no");
      },
    });
    expect(oldHabitIn(unreadable, "say")).toBe(null);
  });

  it("has nothing to say of other errors", () => {
    expect(oldHabitIn(new Error("cb is not a function"), "say")).toBe(null);
    expect(oldHabitIn("cb is not a function", "say")).toBe(null);
    expect(said("Cannot read properties of undefined (reading 'constructor')", "connect")).toBe(null);
  });
});
