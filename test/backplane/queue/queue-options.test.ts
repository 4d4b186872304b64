import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type QueueOptions,
  queueOptions,
  readQueueOptions,
} from "../../../src/backplane/queue/queue-options.ts";
import { checkOptions } from "../../../src/base/options.ts";
import { makeCertificate } from "../../support/brokers.ts";

/** What the options come to, after the check that `new SocketIO()` makes. */
function read(given: object) {
  checkOptions(queueOptions, given, 'the option "messageQueue"');
  return readQueueOptions(given as QueueOptions);
}

const server = { host: "a", port: null, username: "", password: "" };

describe("the options of a message queue", () => {
  it("give each server the credentials of its URL, and the others those of the options", () => {
    const url = ["redis://ann:one@a", "redis://b:7000/"];
    expect(read({ url, username: "all", password: "p" })).toMatchObject({
      broker: "redis",
      isSecure: false,
      sentinel: null,
      servers: [
        { ...server, username: "ann", password: "one" },
        { ...server, host: "b", port: 7000, username: "all", password: "p" },
      ],
    });
    expect(read({ url: "nats://a", token: "t" }).servers).toEqual([{ ...server, username: "t" }]);
  });

  it("turn TLS on for all servers where one of them asks for it, or the options do", () => {
    expect(read({ url: ["redis://a", "rediss://b"] }).isSecure).toBe(true);
    expect(read({ url: "redis://a", tls: true })).toMatchObject({ isSecure: true, tls: {} });
    const tls = { servername: "queue" };
    expect(read({ url: "nats://a", tls })).toMatchObject({ isSecure: true, tls });
  });

  it("keep the sentinels apart from the primary, whose address they tell", () => {
    const sentinel = { name: "mymaster", url: ["redis://:s@a", "redis://b"] };
    expect(read({ sentinel, password: "p", database: 2 })).toMatchObject({
      database: 2,
      servers: [{ ...server, host: "", password: "p" }],
      sentinel: {
        name: "mymaster",
        isSecure: false,
        servers: [
          { ...server, password: "s" },
          { ...server, host: "b" },
        ],
      },
    });
  });

  it.each([
    [{}, /names no server.*"redis:\/\/localhost"/],
    [{ url: [] }, /"url".*an empty list/],
    [{ url: ["redis://a", "redis://ann:pw-1@b/x"] }, /"url".*a list whose URL 2 is one with a path/],
    [{ url: "http://ann:pw-1@a" }, /"url".*not one with http:/],
    [{ url: "memory://a" }, /"url".*memory:/],
    [{ url: ["redis://a", "nats://b"] }, /different brokers/],
    [{ url: ["redis://a/1", "redis://b/2"] }, /different databases/],
    [{ urls: "redis://a" }, /no option "urls". Did you mean "url"/],
    [{ url: "redis://a", user: "ann" }, /Did you mean "username"/],
    [{ url: "redis://a", password: { secret: "pw-1" } }, /"password".*not a value of the type object/],
    [{ url: "redis://a", token: "pw-1" }, /only NATS/],
    [{ url: "nats://a", database: 1 }, /only Redis/],
    [{ url: "redis://a", tls: { ca: "/etc/ca.pem" } }, /"tls".*contents of files, not their paths/],
    [{ url: "redis://a", tls: { key: "pw-1", cert: "pw-1" } }, /"tls".*contents of files/],
    [{ url: "redis://a", options: { url: "redis://:pw-1@b" } }, /"options".*"url". Give it as "url"/],
    [{ url: "redis://a", options: { password: "pw-1" } }, /Give it as "password"/],
    [{ url: "redis://a", options: { keyPrefix: "a:" } }, /leave it out/],
    [{ url: "redis://a", options: { socket: { reconnectStrategy: 1 } } }, /socket.reconnectStrategy/],
    [{ url: "nats://a", options: { reconnect: true } }, /leave it out/],
    [{ url: "redis://a", options: "pw-1" }, /"options".*not a value of the type string/],
    [{ sentinel: {} }, /without the name of the primary/],
    [{ sentinel: { name: "m" } }, /sentinel.url/],
    [{ sentinel: { name: "m", url: "nats://a" } }, /another broker than Redis/],
    [{ sentinel: { name: "m", url: "redis://a" }, url: "redis://b" }, /a url and a sentinel/],
    [{ sentinel: { name: "m", hosts: "redis://a" } }, /no option "hosts"/],
  ])("that cannot be used are refused, and no message quotes a secret: %j", (given, message) => {
    let error: unknown = null;
    try {
      read(given);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "ERR_OPTION", message: expect.stringMatching(message) });
    expect(String(error)).not.toContain("pw-1");
  });

  it("take certificates as the contents of their files", () => {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-tls-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const files = makeCertificate(folder, "DNS:localhost");
    const tls = {
      ca: readFileSync(files.certificate),
      key: readFileSync(files.key),
      cert: readFileSync(files.certificate),
    };
    expect(read({ url: "redis://a", tls }).tls).toBe(tls);
  });
});
