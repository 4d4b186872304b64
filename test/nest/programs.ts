/** Applications of NestJS, written as its documentation has them, and what their clients do. */

import {
  type CallHandler,
  type CanActivate,
  Catch,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from "@nestjs/common";
import {
  Ack,
  BaseWsExceptionFilter,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from "@nestjs/websockets";
import { concat, finalize, map, NEVER, of, throwError } from "rxjs";
import type { Namespace, Server, Socket } from "socket.io";
import { freePort } from "../support/free-port.ts";
import { decorate } from "./decorating.ts";
import type { NestStage, Program } from "./nest-stage.ts";

type Log = NestStage["log"];

const body = MessageBody();
const client = ConnectedSocket();

/** A gateway in which clients can ask whether all before has been handled. */
class Settling {
  settle(): string {
    return "settled";
  }
}

decorate(Settling, [], { settle: { own: [SubscribeMessage("settle")] } });

function messages(...names: string[]) {
  return Object.fromEntries(names.map((name) => [name, { own: [SubscribeMessage(name)], params: [body] }]));
}

/** A gateway that gives what handlers may give. */
function answering() {
  class Gateway extends Settling {
    value(data: unknown) {
      return data;
    }
    nothing() {}
    none() {
      return null;
    }
    async later(data: unknown) {
      return { later: data };
    }
    event(data: unknown) {
      return { event: "told", data };
    }
    nameless(data: unknown) {
      return { event: "", data };
    }
    several() {
      return of(1, 2, 3);
    }
    events() {
      return of({ event: "tick", data: 1 }, { event: "tick", data: 2 }, "done");
    }
    async promised() {
      return of("of a promise");
    }
    bytes(data: Buffer) {
      return Buffer.concat([data, Buffer.from([255])]);
    }
    manual(data: unknown, ack: (...values: unknown[]) => void) {
      ack("by hand", data);
      return "ignored";
    }
    field(name: unknown, from: Socket) {
      return [name, typeof from.id, from.nsp.name];
    }
  }
  return decorate(Gateway, [WebSocketGateway()], {
    ...messages(
      "value",
      "nothing",
      "none",
      "later",
      "event",
      "nameless",
      "several",
      "events",
      "promised",
      "bytes",
    ),
    manual: { own: [SubscribeMessage("manual")], params: [body, Ack()] },
    field: { own: [SubscribeMessage("field")], params: [MessageBody("name"), client] },
  });
}

const answers: Program = async (stage) => {
  await stage.start([answering()]);
  const ann = await stage.client("ann");
  const ask = (event: string, ...values: unknown[]) => stage.ask("ann", ann, event, ...values);
  for (const value of ["text", 0, "", false, true, null, { a: [1] }, [], [1], [1, 2]])
    await ask("value", value);
  await ask("value");
  await ask("value", 1, "two", { three: 3 });
  ann.emit("value", "no answer wanted");
  ann.emit("event", "no answer wanted");
  ann.emit("event", 1, 2);
  for (const event of ["nothing", "none", "later", "event", "nameless", "several", "events", "promised"])
    await ask(event, { of: event });
  await ask("bytes", Buffer.from([1, 2]));
  await ask("manual", "given");
  await ask("field", { name: "Ann" });
  await ask("unknown", 1);
};

/** A gateway whose handlers fail, or do not come to run. */
export function guarded(log: Log) {
  class Doubling implements PipeTransform {
    transform(value: unknown) {
      if (typeof value !== "number") throw new WsException("a number, please");
      return value * 2;
    }
  }
  class Friends implements CanActivate {
    canActivate(context: ExecutionContext) {
      return context.switchToWs().getData() === "friend";
    }
  }
  class Wrapping implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler) {
      log("before", context.switchToWs().getPattern(), context.getType());
      return next.handle().pipe(map((wrapped) => ({ wrapped })));
    }
  }
  const Filter = decorate(
    class Filter extends BaseWsExceptionFilter {
      override catch(exception: Error, host: Parameters<BaseWsExceptionFilter["catch"]>[1]) {
        log("caught", exception.message);
        host.switchToWs().getClient<Socket>().emit("sorry", exception.message);
      }
    },
    [Catch(RangeError)],
  );
  // A filter may acknowledge by itself.
  const Answering = decorate(
    class Answering {
      catch({ message }: Error, host: Parameters<BaseWsExceptionFilter["catch"]>[1]) {
        const acknowledge = host.getArgs().find((each) => typeof each === "function");
        acknowledge?.({ sorry: message });
      }
    },
    [Catch(RangeError)],
  );
  class Gateway extends Settling {
    answered() {
      throw new RangeError("out of range");
    }
    fails() {
      throw new Error("secret");
    }
    async rejects() {
      throw new WsException("refused");
    }
    details() {
      throw new WsException({ code: 7, why: "because" });
    }
    streams() {
      return concat(
        of("first"),
        throwError(() => new WsException("then this")),
      );
    }
    filtered() {
      throw new RangeError("out of range");
    }
    doubled(value: number) {
      return value;
    }
    guarded() {
      return "welcome";
    }
    wrapped(value: unknown) {
      return value;
    }
  }
  return decorate(Gateway, [WebSocketGateway()], {
    ...messages("fails", "rejects", "details", "streams"),
    filtered: { own: [UseFilters(new Filter()), SubscribeMessage("filtered")] },
    answered: { own: [UseFilters(new Answering()), SubscribeMessage("answered")] },
    doubled: {
      own: [UsePipes(new Doubling()), SubscribeMessage("doubled")],
      params: [body],
      types: [Number],
    },
    guarded: { own: [UseGuards(new Friends()), SubscribeMessage("guarded")] },
    wrapped: { own: [UseInterceptors(new Wrapping()), SubscribeMessage("wrapped")], params: [body] },
  });
}

const failures: Program = async (stage) => {
  await stage.start([guarded(stage.log)]);
  const ann = await stage.client("ann");
  const ask = (event: string, ...values: unknown[]) => stage.ask("ann", ann, event, ...values);
  const tell = (event: string, value: unknown) => stage.tell(ann, event, value);
  for (const event of ["fails", "rejects", "details"]) await tell(event, 1);
  for (const event of ["streams", "filtered", "answered"]) await ask(event, 1);
  await stage.seen("ann", "answered answers");
  await ask("doubled", 2);
  await tell("doubled", "two");
  await ask("guarded", "friend");
  await tell("guarded", "stranger");
  await ask("wrapped", { a: 1 });
};

/** A gateway that tells which clients come and go. */
function watching(log: Log, name: string, options: Record<string, unknown>) {
  class Gateway extends Settling {
    declare server: Server | Namespace;
    afterInit(server: Server | Namespace) {
      log(name, "init", server === this.server, "of" in server);
    }
    handleConnection(socket: Socket, ...rest: unknown[]) {
      log(name, "connection", socket.id, socket.nsp.name, rest.length, socket.connected);
      if (socket.handshake.auth.stay === false) socket.disconnect();
    }
    handleDisconnect(socket: Socket, reason?: string) {
      log(name, "disconnect", socket.id, reason, socket.connected);
    }
    async join(room: string, socket: Socket) {
      await socket.join(room);
      this.server.to(room).emit("joined", name, socket.id);
      socket.to(room).emit("beside", name);
    }
    all(value: unknown) {
      this.server.emit("all", name, value);
    }
  }
  return decorate(Gateway, [WebSocketGateway(options)], {
    server: { own: [WebSocketServer()] },
    join: { own: [SubscribeMessage(`join ${name}`)], params: [body, client] },
    all: { own: [SubscribeMessage(`all ${name}`)], params: [body] },
  });
}

const lives: Program = async (stage) => {
  const { log } = stage;
  await stage.start([
    watching(log, "root", {}),
    watching(log, "chat", { namespace: "chat" }),
    watching(log, "chat again", { namespace: "/chat" }),
    watching(log, "pattern", { namespace: /^\/room-\d+$/ }),
  ]);
  const ann = await stage.client("ann", "/chat");
  const ben = await stage.client("ben", "/chat");
  await stage.settle(ann);
  ann.emit("join chat", "tea");
  await stage.seen("ann", "joined chat");
  await stage.settle(ann);
  ben.emit("join chat again", "tea");
  await stage.seen("ann", "beside chat again");
  await stage.seen("ben", "joined chat again");
  ben.emit("all chat", 1);
  await stage.seen("ann", "all chat 1");
  const cat = await stage.client("cat", "/room-12");
  const dan = await stage.client("dan", "/room-13");
  cat.emit("join pattern", "tea");
  await stage.seen("cat", "joined pattern");
  cat.emit("all pattern", 2);
  await stage.seen("dan", "all pattern 2");
  stage.connect("eve", "/nowhere");
  await stage.seen("eve", "refused");
  const fay = await stage.client("fay");
  await stage.settle(fay);
  dan.disconnect();
  await stage.seen("server", "pattern disconnect");
  ann.io.engine.close();
  await stage.seen("server", "chat again disconnect");
  await stage.client("gus", "/", { auth: { stay: false } });
  await stage.seen("gus", "disconnected");
  // Clients may leave in any order when the server closes.
  cat.disconnect();
  await stage.seen("server", "pattern disconnect <cat>");
  fay.disconnect();
  await stage.seen("server", "root disconnect <fay>");
  await stage.close();
  await stage.seen("ben", "disconnected");
};

const ports: Program = async (stage) => {
  const port = await freePort();
  await stage.start([
    watching(stage.log, "here", { path: "/here" }),
    watching(stage.log, "there", { path: "/there", namespace: "deep" }),
    decorate(watching(stage.log, "apart", {}), [WebSocketGateway(port, { namespace: "/apart" })]),
  ]);
  const ann = await stage.client("ann", "/", { path: "/here" });
  await stage.settle(ann);
  const ben = await stage.client("ben", "/deep", { path: "/there" });
  await stage.settle(ben);
  const cat = await stage.client("cat", `http://127.0.0.1:${port}/apart`);
  await stage.settle(cat);
  stage.connect("dan", "/");
  await stage.seen("dan", "refused");
  for (const [socket, name] of [
    [ann, "here"],
    [ben, "there"],
    [cat, "apart"],
  ] as const)
    socket.emit(`all ${name}`, 1);
  for (const name of ["ann", "ben", "cat"]) await stage.seen(name, "all");
  await stage.close();
  for (const name of ["ann", "ben", "cat"]) await stage.seen(name, "disconnected");
};

const scopes: Program = async (stage) => {
  const { log } = stage;
  let made = 0;
  const Counter = decorate(
    class Counter {
      readonly number: number;
      constructor() {
        made += 1;
        this.number = made;
      }
    },
    [Injectable({ scope: Scope.REQUEST })],
  );
  class Gateway extends Settling {
    declare server: Server;
    /** Before NestJS 12 gateways get nothing that is made for a request. */
    readonly counter: InstanceType<typeof Counter> | undefined;
    constructor(counter?: InstanceType<typeof Counter>) {
      super();
      this.counter = counter;
    }
    handleConnection(socket: Socket) {
      log("connection", socket.id, this.counter?.number);
    }
    count(_data: unknown, socket: Socket) {
      return [this.counter?.number, typeof socket.id];
    }
    fails() {
      throw new WsException("refused");
    }
    handleDisconnect(socket: Socket) {
      log("disconnect", socket.id, this.counter?.number);
    }
  }
  Reflect.defineMetadata("design:paramtypes", [Counter], Gateway);
  const Scoped = decorate(Gateway, [WebSocketGateway()], {
    count: { own: [SubscribeMessage("count")], params: [body, client] },
    ...messages("fails"),
  });
  await stage.start([Counter, Scoped]);
  const ann = await stage.client("ann");
  await stage.ask("ann", ann, "count", 1);
  await stage.ask("ann", ann, "count", 2);
  await stage.tell(ann, "fails", 2);
  const ben = await stage.client("ben");
  await stage.ask("ben", ben, "count", 1);
  ann.disconnect();
  await stage.seen("server", "disconnect");
};

/** Streams end when their client leaves. */
const streams: Program = async (stage) => {
  class Gateway extends Settling {
    stream() {
      return concat(of({ event: "first", data: 1 }), NEVER).pipe(finalize(() => stage.log("stream ended")));
    }
    async slow(_data: unknown, socket: Socket) {
      await new Promise((resolve) => socket.once("disconnect", resolve));
      stage.log("slow ended");
      return { event: "too late" };
    }
  }
  await stage.start([
    decorate(Gateway, [WebSocketGateway()], {
      ...messages("stream"),
      slow: { own: [SubscribeMessage("slow")], params: [body, client] },
    }),
  ]);
  const ann = await stage.client("ann");
  ann.emit("stream");
  await stage.seen("ann", "first 1");
  ann.emit("slow");
  await stage.settle(ann);
  ann.disconnect();
  await stage.seen("server", "slow ended");
  await stage.seen("server", "stream ended");
  const ben = await stage.client("ben");
  ben.emit("stream");
  await stage.seen("ben", "first 1");
  await stage.close();
  await stage.seen("ben", "disconnected");
};

const forced: Program = async (stage) => {
  await stage.start([watching(stage.log, "root", {})], { forceCloseConnections: true });
  const ann = await stage.client("ann");
  await stage.settle(ann);
  await stage.close();
  await stage.seen("ann", "disconnected");
};

export const programs = { answers, failures, lives, ports, scopes, streams, forced };
