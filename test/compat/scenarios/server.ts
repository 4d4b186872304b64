/**
 * The server of the scenarios: everything that they need from a server, without any test code. It is a
 * program, so that any runtime can run it, and a function for tests that run it in their own process.
 *
 *     node --import tsx test/compat/scenarios/server.ts '{"port":0}'
 *
 * It prints `{"port":…}` when it listens, and ends with its standard input.
 */

import { pathToFileURL } from "node:url";
import {
  args,
  ConnectionRefusedError,
  call,
  closeRoom,
  disconnect,
  type EmitOptions,
  emit,
  joinRoom,
  leaveRoom,
  RoomcastError,
  request,
  rooms,
  SocketIO,
  type SocketIOOptions,
  send,
  session,
} from "roomcast";

/** The settings of a server of the scenarios: plain data, so that another process can receive them. */
export interface ServerSettings {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: the protocol's own. */
  readonly parser?: "default" | "msgpack";
}

/** A running server. */
export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** The largest message that the server takes, in bytes. */
export const largestMessage = 1_000_000;

/** The namespace in which a scenario calls any method of the server by name. */
export const controlNamespace = "/control";

/** The namespaces with the events of the scenarios. */
const namespaces = ["/", "/recoverable", "/chat", "/private", "/greeting", /^\/team-\d+$/];

/** Starts the server on the loopback interface. */
export async function startServer({ port = 0, parser = "default" }: ServerSettings): Promise<RunningServer> {
  const options: SocketIOOptions = {
    maxHttpBufferSize: largestMessage,
    parser,
    allowEIO3: true,
    pingInterval: 300,
    pingTimeout: 15_000,
    // A handler that fails is one of the scenarios.
    logger: { info: () => {}, warn: () => {}, error: () => {} },
  };
  const socketio = new SocketIO(options);
  handleConnections(socketio);
  handleEvents(socketio);
  handleControl(socketio, new Departures(socketio));
  const address = await socketio.run({ host: "127.0.0.1", port });
  return { port: address.port, stop: () => socketio.stop() };
}

/** Accepts or refuses the clients of each namespace. */
function handleConnections(socketio: SocketIO): void {
  socketio.on("connect", (auth) => {
    session.auth = auth;
  });
  socketio.namespace("/recoverable", { recovery: true }).on("connect", (auth) => {
    if (!request.recovered) session.auth = auth;
  });
  socketio.namespace("/private").on("connect", (auth) => {
    if (auth?.token !== "right" && request.query.get("token") !== "right")
      throw new ConnectionRefusedError("no ticket", { code: 7, help: ["buy one"] });
  });
  socketio.namespace("/closed").on("connect", () => false);
  socketio.namespace("/broken").on("connect", () => Promise.reject(new Error("the password is 1234")));
  socketio.namespace("/asking").on("connect", () => {
    call("your name").then((answer) => emit("answered", answer));
  });
  socketio
    .namespace("/sorry")
    .on("fail", () => {
      throw new Error("the password is 1234");
    })
    .onError(() => args("sorry", request.event.name));
  socketio.namespace("/greeting").on("connect", async () => {
    emit("greeting", 1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    joinRoom("greeted");
    emit("greeting", 2, { to: request.sid });
    emit("greeting", Buffer.from([3]));
  });
}

/** The events of clients, in every namespace. */
function handleEvents(socketio: SocketIO): void {
  for (const namespace of namespaces) {
    socketio.events(
      {
        who: () => ({
          sid: request.sid,
          namespace: request.namespace,
          transport: request.transport,
          query: request.query.get("visitor"),
        }),
        auth: () => session.auth,
        echo: (...values: unknown[]) => args(...values),
        "echo as event": (...values: unknown[]) => emit("back", args(...values)),
        "repeat as event": (text: string, times: number) => emit("back", text.repeat(times)),
        "speak and answer"() {
          emit("step", 1);
          emit("step", 2);
          return "done";
        },
        message(text: string) {
          send(`${text} back`);
          send({ text }, { json: true });
        },
        sum: async (a: number, b: number) => {
          await new Promise(setImmediate);
          return a + b;
        },
        nothing: () => {},
        never: () => new Promise(() => {}),
        hold: (value: unknown) =>
          new Promise((resolve) => {
            session.release = () => resolve(value);
          }),
        release() {
          const { release } = session;
          release?.();
          return release !== undefined;
        },
        fail() {
          throw new Error("the password is 1234");
        },
        "fail later": () => Promise.reject(new Error("the password is 1234")),
        "return what cannot be sent": () => ({ password: 1234n }),
        memory: () => emit("back", args(...memory)),
        ask: async (event: string, ...values: unknown[]) => ({ answer: await call(event, args(...values)) }),
        "ask with callback"(event: string, ...values: unknown[]) {
          emit(event, args(...values), { callback: (...answer) => emit("answered", args(...answer)) });
        },
        "ask a room"(room: string, event: string) {
          const asker = request.sid;
          emit(event, undefined, {
            to: room,
            callback: (answer) => emit("answered", answer, { to: asker }),
          });
        },
        join(...names: string[]) {
          for (const name of names) joinRoom(name);
          return rooms().length - 1;
        },
        leave: (room: string) => leaveRoom(room),
        rooms: () => rooms().slice(1),
        "close room": (room: string) => closeRoom(room),
        say: (text: unknown, options: EmitOptions = {}) => emit("said", text, options),
        number(index: number, data: unknown) {
          session.numbers ??= [];
          session.numbers.push(isNumbered(index, data) ? index : `broken: ${index}`);
        },
        numbers: () => session.numbers ?? [],
        async "send numbers"(count: number) {
          for (let index = 0; index < count; index++) {
            emit("number", args(index, numbered(index)));
            if (index % 20 === 19) await new Promise(setImmediate);
          }
        },
        bye(close: boolean) {
          emit("last words", 1);
          emit("last words", Buffer.from("two"));
          disconnect({ close });
          emit("too late", 3);
          return "too late too";
        },
        "*": (event: string, ...values: unknown[]) => ({ unknown: event, values }),
      },
      { namespace },
    );
  }
}

/** Bytes in views of all kinds. No byte outside of a view may be sent. */
export const memory = [
  new Uint8Array([1, 2, 3]),
  new Uint8Array([4, 5]).buffer,
  new Uint16Array([1, 515, 65_535]),
  new Uint8Array(new Uint8Array([9, 9, 6, 7, 8, 9, 9]).buffer, 2, 3),
];

/** The same bytes as they arrive. */
export const memoryAsBuffers = [
  Buffer.from([1, 2, 3]),
  Buffer.from([4, 5]),
  Buffer.from([1, 0, 3, 2, 255, 255]),
  Buffer.from([6, 7, 8]),
];

/** The value that a client sends with a number under load: every seventh is binary. */
export function numbered(index: number): unknown {
  return index % 7 === 3 ? Buffer.from(`bytes ${index}`) : `text ${index}`;
}

/** Whether a received value is the one that {@link numbered} gave. */
export function isNumbered(index: number, data: unknown): boolean {
  const sent = numbered(index);
  return Buffer.isBuffer(sent) ? Buffer.isBuffer(data) && sent.equals(data) : sent === data;
}

/** The actions that a scenario can request from outside of the client's own handlers. */
function handleControl(socketio: SocketIO, departures: Departures): void {
  socketio.events(
    {
      emit: (event: string, values: unknown[], options: EmitOptions) =>
        socketio.emit(event, args(...values), options),
      async call(event: string, values: unknown[], to: string, timeout: number) {
        try {
          return { answer: await socketio.call(event, args(...values), { to, timeout }) };
        } catch (error) {
          return { failure: error instanceof RoomcastError ? error.code : String(error) };
        }
      },
      async callAll(event: string, values: unknown[], to: string, timeout: number) {
        const answers = await socketio.callAll(event, args(...values), { to, timeout });
        return answers.map(({ sid, value, error }) => ({ sid, value, failure: error?.code }));
      },
      joinRoom: (room: string, sid: string) => socketio.joinRoom(room, { sid }),
      leaveRoom: (room: string, sid: string) => socketio.leaveRoom(room, { sid }),
      rooms: async (sid: string) => (await socketio.rooms({ sid })).slice(1),
      "disconnect client": (sid: string, options: { reason?: string; code?: number; retry?: boolean } = {}) =>
        socketio.disconnect({ sid, ...options }),
      "reason of leaving": (sid: string) => departures.reasonOf(sid),
    },
    { namespace: controlNamespace },
  );
}

/** The reasons why clients have left. A question about a connected client is answered when it leaves. */
class Departures {
  readonly #reasons = new Map<string, string>();
  readonly #waiting = new Map<string, (reason: string) => void>();

  constructor(socketio: SocketIO) {
    for (const namespace of namespaces) {
      socketio.namespace(namespace).on("disconnect", (reason) => {
        this.#reasons.set(request.sid, reason);
        this.#waiting.get(request.sid)?.(reason);
      });
    }
  }

  reasonOf(sid: string): string | Promise<string> {
    return (
      this.#reasons.get(sid) ??
      new Promise((resolve) => {
        this.#waiting.set(sid, resolve);
      })
    );
  }
}

async function main(): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? "{}") as ServerSettings;
  const server = await startServer(settings);
  console.log(JSON.stringify({ port: server.port }));
  process.stdin.resume().on("end", () => {
    void server.stop().then(() => process.exit());
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
