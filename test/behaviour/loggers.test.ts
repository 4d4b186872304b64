/** Loggers of libraries, as an application passes them: errors arrive whole, and payloads on request. */

import { Console } from "node:console";
import { Writable } from "node:stream";
import fastify from "fastify";
import pino from "pino";
import type { Logger, SocketIOOptions } from "roomcast";
import { describe, expect, it } from "vitest";
import winston from "winston";
import { plainClient, portlessServer } from "../support/portless-server.ts";
import { soon } from "../support/waiting.ts";

const makers: Record<string, (stream: Writable) => Logger> = {
  console: (stream) => new Console(stream),
  pino: (stream) => pino({ level: "debug" }, stream),
  "Fastify's app.log": (stream) => fastify({ logger: { level: "debug", stream } }).log,
  winston: (stream) =>
    winston.createLogger({
      level: "debug",
      format: winston.format.json(),
      transports: [new winston.transports.Stream({ stream })],
    }),
};

/** What a server writes while a client logs in by an event whose handler fails. */
async function written(make: (stream: Writable) => Logger, debug: SocketIOOptions["debug"]): Promise<string> {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const { socketio } = portlessServer({ logger: make(stream), debug });
  socketio.on("log in", function logIn(_login: unknown) {
    throw Object.assign(new Error("No such user", { cause: new Error("The table is empty") }), {
      code: "E_USER",
    });
  });
  const client = await plainClient(socketio, "/", { token: "of the client's auth" });
  await client.call("log in", { password: "hunter2" });
  await soon(() => text.includes("No such user")).toBe(true);
  return text;
}

describe.each(Object.entries(makers))("%s, as it is", (_name, make) => {
  it("gets an error with its stack, its code and its cause, and the event it belongs to", async () => {
    const text = await written(make, false);
    expect(text).toContain("The handler failed");
    expect(text).toContain("log in");
    expect(text).toMatch(/No such user(\n|\\n) +at .*logIn .*loggers\.test\.ts/);
    expect(text).toContain("E_USER");
    expect(text).toContain("The table is empty");
    expect(text).not.toContain("hunter2");
  });

  it("gets what events carry only when it is asked for, and never what clients send as auth", async () => {
    const [plain, full] = [await written(make, true), await written(make, "payloads")];
    expect(plain).toContain("log in (1 argument)");
    expect(plain).not.toContain("hunter2");
    expect(full).toContain("hunter2");
    expect(plain + full).not.toContain("of the client's auth");
  });
});
