/** Benchmarks of the codec: decodes packets from text, and encodes packets to frames. */

import { jsonCodec } from "../../src/core/packet/codec.ts";
import { decodePollingPayload } from "../../src/protocol/polling-payload.ts";
import { SocketPacketDecoder } from "../../src/protocol/socket-packet-decoder.ts";
import { payload } from "../scenarios/scenario.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";

const user = {
  id: 42,
  name: "Ada Lovelace",
  tags: ["a", "b", "c"],
  position: { x: 1.5, y: -2.25 },
  isOnline: true,
};

/** The benchmarks of the codec. */
export function codecBenchmarks(): MicroBenchmark[] {
  const decoder = new SocketPacketDecoder();
  const plain = `42${JSON.stringify(["echo", payload])}`;
  const withId = `421234${JSON.stringify(["echo", payload])}`;
  const inNamespace = `42/chat,1234${JSON.stringify(["echo", payload])}`;
  const withObject = `42${JSON.stringify(["update", user])}`;
  const attachment = Buffer.alloc(1024);
  const polled = Array.from({ length: 10 }, () => plain).join("\x1e");
  return [
    { name: "decode an event, 100 bytes", run: () => decoder.decodeText(plain, 1) },
    { name: "decode an event with an id", run: () => decoder.decodeText(withId, 1) },
    { name: "decode an event of a namespace", run: () => decoder.decodeText(inNamespace, 1) },
    { name: "decode an event with an object", run: () => decoder.decodeText(withObject, 1) },
    {
      name: "decode an event with 1 KiB of binary",
      run() {
        decoder.decodeText('451-["binary",{"_placeholder":true,"num":0}]', 1);
        return decoder.decodeBinary(attachment);
      },
    },
    { name: "decode a polling payload of 10", operations: 10, run: () => decodePollingPayload(polled) },
    {
      name: "encode an event to a frame, 100 bytes",
      run: () => jsonCodec.event("/", "echo", [payload]).plain().frames,
    },
    {
      name: "encode an event to a frame, object",
      run: () => jsonCodec.event("/", "update", [user]).plain().frames,
    },
    {
      name: "encode an event to frames, 1 KiB of binary",
      run: () => jsonCodec.event("/", "binary", [attachment]).plain().frames,
    },
    {
      name: "encode an acknowledgement to a frame",
      run: () => jsonCodec.packet({ type: "ack", namespace: "/", id: 1234, data: [payload] }).frames,
    },
  ];
}
