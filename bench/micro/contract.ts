/**
 * Benchmarks of contracts: an event of three fields from its text to the frame that is sent back, without the
 * network. With it, a contract's share is smaller.
 */

import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import type { SocketIOOptions } from "../../src/app/options/app-options.ts";
import { insideOf, SocketIO } from "../../src/app/socketio.ts";
import { emit } from "../../src/context/ambient.ts";
import { contract, type DefinedContract } from "../../src/contract/contract.ts";
import { event } from "../../src/contract/event-definition.ts";
import type { StandardSchema } from "../../src/contract/standard-schema.ts";
import { payload } from "../scenarios/scenario.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";
import { SilentClient } from "./silent-client.ts";

const message = { room: "kitchen", text: payload, count: 5 };

/** The benchmarks of contracts. */
export function contractBenchmarks(): MicroBenchmark[] {
  const text = `42${JSON.stringify(["echo", message])}`;
  const plain = receiver(null);
  const zod = receiver(echoOf(z.object({ room: z.string(), text: z.string().max(500), count: z.number() })));
  const valibot = receiver(
    echoOf(v.object({ room: v.string(), text: v.pipe(v.string(), v.maxLength(500)), count: v.number() })),
  );
  const ark = receiver(echoOf(type({ room: "string", text: "string <= 500", count: "number" })));
  const both = receiver(
    echoOf(z.object({ room: z.string(), text: z.string().max(500), count: z.number() })),
    true,
  );
  return [
    { name: "an event that is sent back, without a contract", run: () => plain(text) },
    { name: "an event that is sent back, checked by Zod", run: () => zod(text) },
    { name: "an event that is sent back, checked by Valibot", run: () => valibot(text) },
    { name: "an event that is sent back, checked by ArkType", run: () => ark(text) },
    { name: "an event that is sent back, checked by Zod both ways", run: () => both(text) },
  ];
}

function echoOf(schema: StandardSchema): DefinedContract {
  return contract({ client: { echo: event(schema) }, server: { echo: event(schema) } });
}

/** A server with one client. The function receives a text from it, and returns the bytes written so far. */
function receiver(given: DefinedContract | null, validateOutgoing = false): (text: string) => number {
  const unlimited = { maxEventsPerSecond: Number.MAX_SAFE_INTEGER, maxEventBurst: Number.MAX_SAFE_INTEGER };
  // The contract gives the server no types here.
  const options: SocketIOOptions = { ...unlimited, validateOutgoing, ...{ contract: given } };
  const socketio = new SocketIO(options);
  socketio.on("echo", (value) => emit("echo", value));
  const client = new SilentClient(insideOf(socketio).engine);
  client.receive("40");
  return (text) => client.receive(text);
}
