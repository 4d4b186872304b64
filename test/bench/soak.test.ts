import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Bookkeeper, SoakClient } from "../../bench/soak/soak-client.ts";
import { growthOf, isFlat, runSoak, type SoakResult } from "../../bench/soak/soak-plan.ts";
import { soon } from "../support/waiting.ts";

describe("a short soak", () => {
  it("loses, doubles and reorders nothing, and holds every connection", { timeout: 120_000 }, async () => {
    const { last, samples, faults } = await runSoak({
      population: { connections: 200, slowReaders: 10, churning: 10, cut: 10, garbage: 10 },
      seconds: 6,
      interval: 2,
      slowAfter: 2,
    });
    expect(faults).toEqual([]);
    expect(samples).toHaveLength(3);
    const { ledger } = last.clients;
    expect(ledger.errorCount).toBe(0);
    for (const count of [
      "asked",
      "answered",
      "said",
      "heard",
      "ticks",
      "leaves",
      "cuts",
      "garbage",
    ] as const) {
      expect([count, ledger[count]]).toEqual([count, expect.any(Number)]);
      expect(ledger[count]).toBeGreaterThan(0);
    }
    expect(ledger.connects).toBeGreaterThan(200);
    expect(last.server.heap).toBeGreaterThan(0);
  });
});

describe("the ledger of a soak", () => {
  /** The complaints of a client when the server sends these messages. */
  async function complaintsOver(...messages: string[]): Promise<string[]> {
    const frames = ['0{"sid":"a"}', '40{"sid":"b"}', ...messages].map((text) =>
      Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]),
    );
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.write(Buffer.concat([Buffer.from("HTTP/1.1 101 Switching Protocols\r\n\r\n"), ...frames]));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const complaints: string[] = [];
    let heard = 0;
    const count = () => {
      heard += 1;
    };
    const keeper: Bookkeeper = {
      onConnect: count,
      onEnd() {},
      onAnswer: count,
      onTick: count,
      onHeard: count,
      error: (_client, what) => void complaints.push(what),
    };
    const client = new SoakClient((server.address() as AddressInfo).port, 0, 1, 0, "steady", keeper);
    onTestFinished(() => client.cut());
    await soon(() => heard).toBe(messages.length + 1);
    return complaints;
  }

  it.each([
    ["in order, each once", ['42["tick",7]', '42["tick",8]', '42["said",3,1,5]', '42["said",3,1,6]'], []],
    ["a lost one", ['42["tick",7]', '42["tick",9]'], ["heard tick 9 after 7"]],
    ["a doubled one", ['42["tick",7]', '42["tick",7]'], ["heard tick 7 after 7"]],
    [
      "two in the wrong order",
      ['42["said",3,1,5]', '42["said",3,1,7]', '42["said",3,1,6]'],
      ['heard 3/1/7 after {"life":1,"number":5}', 'heard 3/1/6 after {"life":1,"number":7}'],
    ],
    ["a new life of another client", ['42["said",3,1,5]', '42["said",3,2,1]'], []],
    ["an unexpected answer", ["431[1]"], ["heard the answer 431[1], and had asked 0"]],
  ])("checks messages: %s", async (_what, messages, complaints) => {
    expect(await complaintsOver(...messages)).toEqual(complaints);
  });
});

describe("a heap", () => {
  const points = (...heaps: number[]) => heaps.map((y, x) => ({ x, y }));

  it("is flat when the best-fitting line hardly rises", () => {
    expect(growthOf(points(100, 101, 99, 100, 101, 99))).toBeCloseTo(0, 1);
    expect(growthOf(points(100, 110, 120, 130))).toBeCloseTo(30 / 115);
    expect(growthOf(points(100, 90, 80))).toBeLessThan(0);
    expect(isFlat({ heapGrowth: 0.049 } as SoakResult)).toBe(true);
    expect(isFlat({ heapGrowth: 0.051 } as SoakResult)).toBe(false);
  });
});
