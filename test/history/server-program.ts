/**
 * A server process of a trial.
 * It does what clients and the watching process ask for, and numbers the events that it sends.
 */

import cluster from "node:cluster";
import { joinRoom, type LogRecord, leaveRoom, type NamespaceHandle, rooms, SocketIO } from "roomcast";
import { programSettings, type Reporter, reportTo, type Said } from "./control.ts";
import { namespaces } from "./history.ts";

const settings = programSettings();
const recovery = { maxDisconnection: settings.maxDisconnection };

for (let count = 0; count < settings.servers; count += 1) serve("server");
if (settings.hasEmitter) serve("emitter");

function serve(kind: "server" | "emitter"): void {
  const role = settings.workers !== null && cluster.isPrimary ? "primary" : kind;
  let name = "";
  let lastNumber = 0;

  const { pingInterval, pingTimeout, messageQueue } = settings;
  const options = { messageQueue, pingInterval, pingTimeout };

  reportTo(settings.control, role, (order, report) => {
    if (order.type === "say") {
      report({ type: "said", tag: order.tag, number: say(order) });
      return;
    }
    name = order.name;
    void begin(report).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });

  let say: (said: Said) => number = () => {
    throw new Error("This process was asked to send an event before it has begun.");
  };

  async function begin(report: Reporter): Promise<void> {
    const logger = {
      info: (_message: string, { type }: LogRecord) => {
        if (type === "recovery up") report({ type: "up", link: "memory" });
      },
      warn: console.error,
      error: (message: string, { type, err }: LogRecord) => {
        if (type === "recovery down") report({ type: "down", link: "memory" });
        console.error(message, err instanceof Error ? err.message : (err ?? ""));
      },
    };
    const socketio = new SocketIO({ ...options, logger });
    socketio.trace(({ type }) => {
      if (type === "backplane up") report({ type: "up", link: "events" });
      else if (type === "backplane down") report({ type: "down", link: "events" });
    });
    // Memory is connected from the start, before any listener can be told.
    if (messageQueue?.startsWith("memory:")) report({ type: "up", link: "events" });
    const handles: Record<string, NamespaceHandle> = {
      [namespaces.kept]: socketio.namespace(namespaces.kept, { recovery }),
      [namespaces.plain]: socketio.namespace(namespaces.plain),
    };
    say = ({ tag, namespace, rooms: to }) => {
      lastNumber += 1;
      handles[namespace]?.emit(
        "said",
        { tag, publisher: name, number: lastNumber },
        to === null ? {} : { to },
      );
      return lastNumber;
    };
    for (const handle of Object.values(handles)) {
      handle.events({
        where: () => ({ process: name, rooms: rooms() }),
        join: async (room: string) => {
          await joinRoom(room);
        },
        leave: async (room: string) => {
          await leaveRoom(room);
        },
        say: (said: Said) => ({ publisher: name, number: say(said) }),
      });
    }
    if (role === "emitter") {
      report({ type: "ready", port: null });
      return;
    }
    const { port } = await socketio.run({ port: 0, workers: settings.workers });
    report({ type: "ready", port });
  }
}
