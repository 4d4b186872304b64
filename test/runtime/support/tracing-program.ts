/** Subscribes to the tracing channels as a program on any runtime does, and prints what they tell. */

import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { type EventTrace, SocketIO } from "roomcast";

const channel = tracingChannel<string, EventTrace>("roomcast.event");
const store = new AsyncLocalStorage<string>();
channel.start.bindStore(store, ({ event }) => `span of ${event}`);
const told: unknown[] = [];
const note = (stage: string) => (event: EventTrace) => told.push([stage, event.event, event.result]);
channel.subscribe({
  start: note("start"),
  end: note("end"),
  asyncStart: note("asyncStart"),
  asyncEnd: note("asyncEnd"),
  error: note("error"),
});

const socketio = new SocketIO();
socketio.on("say", async () => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return store.getStore();
});
socketio.on("fail", () => {
  throw new Error("broken");
});
socketio.onError(() => store.getStore());
const client = socketio.testClient();
await client.connect();
const answers = [await client.call("say"), await client.call("fail")];
await socketio.stop();
console.log(JSON.stringify({ answers, told }));
