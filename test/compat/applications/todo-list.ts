/** A list of things to do, in TypeScript: all events have types, and changes go to the other clients. */

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type ServerOptions, type Socket } from "socket.io";

interface Todo {
  readonly id: number;
  title: string;
  isDone: boolean;
}

type Answer<Value> = Value | { readonly error: string };

interface ClientEvents {
  "todo:list": (answer: (result: Answer<Todo[]>) => void) => void;
  "todo:create": (todo: Omit<Todo, "id">, answer: (result: Answer<number>) => void) => void;
  "todo:update": (todo: Todo, answer: (result?: Answer<never>) => void) => void;
  "todo:delete": (id: number, answer: (result?: Answer<never>) => void) => void;
}

interface ServerEvents {
  "todo:created": (todo: Todo) => void;
  "todo:updated": (todo: Todo) => void;
  "todo:deleted": (id: number) => void;
}

interface InterServerEvents {
  ping: () => void;
}

interface SocketData {
  user: string;
}

type TodoServer = Server<ClientEvents, ServerEvents, InterServerEvents, SocketData>;
type TodoSocket = Socket<ClientEvents, ServerEvents, InterServerEvents, SocketData>;

/** What clients can do. */
function registerHandlers(todos: Map<number, Todo>, socket: TodoSocket): void {
  socket.on("todo:list", (answer) => answer([...todos.values()]));

  socket.on("todo:create", (given, answer) => {
    if (typeof given.title !== "string" || given.title.length === 0) {
      answer({ error: "the title is empty" });
      return;
    }
    const todo = { id: todos.size + 1, ...given };
    todos.set(todo.id, todo);
    answer(todo.id);
    socket.broadcast.emit("todo:created", todo);
  });

  socket.on("todo:update", (todo, answer) => {
    if (!todos.has(todo.id)) {
      answer({ error: "there is no such thing to do" });
      return;
    }
    todos.set(todo.id, todo);
    answer();
    socket.broadcast.emit("todo:updated", todo);
  });

  socket.on("todo:delete", (id, answer) => {
    if (todos.delete(id)) {
      answer();
      socket.broadcast.emit("todo:deleted", id);
    } else answer({ error: "there is no such thing to do" });
  });
}

function createApplication(httpServer: HttpServer, options: Partial<ServerOptions> = {}): TodoServer {
  const io: TodoServer = new Server(httpServer, options);
  const todos = new Map<number, Todo>();
  io.use((socket, next) => {
    socket.data.user = String(socket.handshake.query.user ?? "guest");
    next();
  });
  io.on("connection", (socket) => {
    console.log("connection of", socket.data.user);
    registerHandlers(todos, socket);
  });
  return io;
}

const httpServer = createServer();
createApplication(httpServer, { cors: { origin: ["http://localhost:4200"] } });
httpServer.listen(Number(process.env.PORT ?? 3000), () => {
  console.log("listening on", (httpServer.address() as AddressInfo).port);
});
