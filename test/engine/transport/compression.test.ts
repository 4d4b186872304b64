import { gunzipSync, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { chooseCoding, compress } from "../../../src/engine/transport/compression.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";

describe("chooseCoding", () => {
  it.each([
    [undefined, undefined],
    ["", undefined],
    ["gzip", "gzip"],
    ["deflate", "deflate"],
    ["gzip, deflate, br", "gzip"],
    ["br, deflate , gzip", "gzip"],
    ["GZip", "gzip"],
    ["gzip;q=0.5", "gzip"],
    ["gzip ; q=1", "gzip"],
    ["gzip;q=0", undefined],
    ["gzip; q=0.000, deflate", "deflate"],
    ["gzip;q=0.001", "gzip"],
    ["identity", undefined],
    ["br", undefined],
    ["x-gzip", undefined],
    ["gzipped", undefined],
    ["__proto__, constructor", undefined],
  ])("chooses for %j: %s", (accepted, coding) => {
    expect(chooseCoding(fakeRequest("/", { headers: { "accept-encoding": accepted } }))).toBe(coding);
  });
});

describe("compress", () => {
  const bytes = Buffer.from("中文 and more ".repeat(200));

  it("compresses into what the other side reads", async () => {
    expect(gunzipSync(await compress("gzip", bytes)).equals(bytes)).toBe(true);
    expect(inflateSync(await compress("deflate", bytes)).equals(bytes)).toBe(true);
    expect((await compress("gzip", bytes)).length).toBeLessThan(bytes.length / 10);
  });
});
