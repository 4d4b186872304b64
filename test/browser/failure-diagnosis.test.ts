import { afterEach, describe, expect, it, vi } from "vitest";
import { diagnoseFailure } from "../../src/browser/failure-diagnosis.ts";

const url = "ws://server/socket.io/?EIO=4&transport=websocket";

describe("diagnoseFailure", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("says that there is no server", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
    const error = await diagnoseFailure(url, "ECONNREFUSED");
    expect(error.code).toBe("ERR_UNREACHABLE");
    expect(error.message).toContain("ws://server/socket.io/");
    expect(error.message).toContain("cannot be reached. ECONNREFUSED");
  });

  it("says what to check where there is one", async () => {
    const fetch = vi.fn(async () => new Response("", { status: 403 }));
    vi.stubGlobal("fetch", fetch);
    const error = await diagnoseFailure(url);
    expect(error.code).toBe("ERR_REFUSED");
    expect(error.message).toMatch(/refuses WebSockets: check path, origins and proxies\. {2}\(status 403\)$/);
    expect(fetch).toHaveBeenCalledWith(
      "http://server/socket.io/?EIO=4&transport=websocket",
      expect.objectContaining({ mode: "no-cors" }),
    );
  });

  it("says nothing of a status that pages may not see", async () => {
    vi.stubGlobal("fetch", async () => ({ status: 0 }));
    expect((await diagnoseFailure(url, "hint")).message).toMatch(/proxies\. hint$/);
  });

  it("keeps a TLS address", async () => {
    const fetch = vi.fn(async () => new Response(""));
    vi.stubGlobal("fetch", fetch);
    await diagnoseFailure("wss://server/socket.io/");
    expect(fetch).toHaveBeenCalledWith("https://server/socket.io/", expect.anything());
  });
});
