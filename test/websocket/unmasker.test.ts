import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { assemble } from "../../scripts/wat.mjs";
import { applyMask, type Mask } from "../../src/websocket/mask.ts";
import { isUnmaskingMemory, unmaskingMemory } from "../../src/websocket/unmasker.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const masks: readonly Mask[] = [
  [0, 0, 0, 0],
  [0x37, 0xfa, 0x21, 0x3d],
  [0xff, 0xff, 0xff, 0xff],
  [0x80, 0, 0, 0],
  [0, 0, 0, 0x80],
];

function fastMemory(): Buffer {
  const memory = unmaskingMemory();
  if (memory === null) throw new Error("this Node has no WebAssembly with SIMD");
  return memory;
}

/** What the mask makes of bytes, one at a time. */
function masked(bytes: Buffer, mask: Mask): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ (mask[(index & 3) as 0 | 1 | 2 | 3] ?? 0)));
}

/** Bytes that differ, with or without some that are not ASCII. */
function sample(length: number, isAscii: boolean): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 37 + 11) & (isAscii ? 0x7f : 0xff)));
}

describe("the module", () => {
  it("is what its text assembles to", async () => {
    expect(readFileSync(`${root}/src/websocket/unmasker-code.ts`, "utf8")).toBe(await assemble());
  });

  it("takes off any mask from any length at any place, and touches nothing else", () => {
    const memory = fastMemory();
    for (const mask of masks) {
      for (let length = 0; length <= 200; length += 1) {
        const start = length % 19;
        const bytes = sample(length, false);
        memory.fill(0xee, 0, 300);
        masked(bytes, mask).copy(memory, start);
        const isAscii = applyMask(memory, start, start + length, mask);
        const found = [memory.subarray(start, start + length), memory.subarray(0, start)];
        if (!bytes.equals(found[0] ?? bytes)) expect.fail(`${length} bytes at ${start} under ${mask}`);
        expect(isAscii).toBe(bytes.every((byte) => byte < 0x80));
        expect(found[1]?.every((byte) => byte === 0xee)).toBe(true);
        expect(memory.subarray(start + length, 300).every((byte) => byte === 0xee)).toBe(true);
      }
    }
  });

  it("takes off the mask at every place of a block", () => {
    const memory = fastMemory();
    const mask: Mask = [0x37, 0xfa, 0x21, 0x3d];
    for (let start = 0; start < 32; start += 1) {
      for (const length of [15, 16, 17, 31, 32, 33, 125]) {
        const bytes = sample(length, true);
        masked(bytes, mask).copy(memory, start);
        expect(applyMask(memory, start, start + length, mask)).toBe(true);
        expect(memory.subarray(start, start + length)).toEqual(bytes);
      }
    }
  });

  it("finds a byte that is not ASCII wherever it stands", () => {
    const memory = fastMemory();
    const mask: Mask = [0x91, 0x02, 0xf3, 0x44];
    for (const length of [1, 15, 16, 17, 40, 64]) {
      for (let place = 0; place < length; place += 1) {
        const bytes = sample(length, true);
        bytes[place] = 0x80;
        masked(bytes, mask).copy(memory, 5);
        expect(applyMask(memory, 5, 5 + length, mask)).toBe(false);
      }
    }
  });

  it("reaches the last byte of its memory", () => {
    const memory = fastMemory();
    const mask: Mask = [1, 2, 3, 4];
    const bytes = sample(memory.length, false);
    masked(bytes, mask).copy(memory);
    applyMask(memory, 0, memory.length, mask);
    expect(memory.equals(bytes)).toBe(true);
  });

  it("works on no other memory", () => {
    const memory = fastMemory();
    expect([memory, memory.subarray(7), Buffer.alloc(8)].map(isUnmaskingMemory)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("where the module does not run", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  const refusing = {
    Module: class {
      constructor() {
        throw new Error("Wasm SIMD unsupported");
      }
    },
  };
  it.each([
    ["there is no WebAssembly", undefined],
    ["WebAssembly refuses it", refusing],
  ])("leaves the mask to JavaScript: %s", async (_what, global) => {
    vi.stubGlobal("WebAssembly", global);
    vi.resetModules();
    const fresh = await import("../../src/websocket/unmasker.ts");
    expect(fresh.unmaskingMemory()).toBeNull();
    expect(fresh.isUnmaskingMemory(Buffer.alloc(8))).toBe(false);
  });

  it("serves clients under --jitless, which has no WebAssembly", { timeout: 60_000 }, async () => {
    const program = `
      import { WebSocket } from "ws";
      import { SocketIO, emit } from ${JSON.stringify(pathToFileURL(`${root}/src/index.ts`).href)};
      const socketio = new SocketIO({ logger: { info() {}, warn() {}, error() {} } });
      socketio.events({ echo: (text) => emit("echo", text) });
      const { port } = await socketio.run({ port: 0 });
      const client = new WebSocket(\`ws://127.0.0.1:\${port}/socket.io/?EIO=4&transport=websocket\`);
      client.on("message", (bytes) => {
        const packet = String(bytes);
        if (packet[0] === "0") client.send("40");
        else if (packet.startsWith("40")) client.send("42" + JSON.stringify(["echo", "é".repeat(300)]));
        else if (packet.startsWith("42")) {
          console.log(packet.length, typeof WebAssembly);
          process.exit();
        }
      });`;
    const args = ["--jitless", "--import", "tsx", "--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect(stdout.trim()).toBe("313 undefined");
  });
});
