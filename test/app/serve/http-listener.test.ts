import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import {
  checkCertificate,
  closeServer,
  describeAddress,
  listenError,
  makeServer,
  tlsError,
} from "../../../src/app/serve/http-listener.ts";

/** An error of the operating system. */
const systemError = (code: string) => Object.assign(new Error(`listen ${code}`), { code });

describe("the address of a server", () => {
  it.each([
    ["127.0.0.1", false, "http://127.0.0.1:5000"],
    ["example.com", true, "https://example.com:5000"],
    // A browser cannot open the address that stands for all of them.
    ["0.0.0.0", false, "http://localhost:5000"],
    ["::", true, "https://localhost:5000"],
    ["::1", false, "http://[::1]:5000"],
  ])("on %s has a URL that a browser opens", (host, secure, url) => {
    expect(describeAddress(host, 5000, secure)).toEqual({ host, port: 5000, url });
  });
});

describe("a server that cannot listen", () => {
  it.each([
    ["EADDRINUSE", 5000, "in use", "socketio.run({ port: 5001 })"],
    ["EADDRINUSE", 65_535, "in use", "socketio.run({ port: 5000 })"],
    ["EACCES", 80, "may not be used by this user", "socketio.run({ port: 5000 })"],
    ["EADDRNOTAVAIL", 5000, "This machine has no address h", 'Use host "0.0.0.0"'],
    ["ENOTFOUND", 5000, "The host name h is not known", 'Use host "0.0.0.0"'],
    ["EAI_AGAIN", 5000, "The host name h is not known", '"127.0.0.1" for this machine alone'],
  ])("says what stands against it and what to do: %s on port %i", (code, port, what, remedy) => {
    const cause = systemError(code);
    const error = listenError(cause, "h", port);
    expect(error).toMatchObject({ code: "ERR_LISTEN", cause });
    expect(error.message).toContain(what);
    expect(error.message).toContain(remedy);
  });

  it.each<[string, unknown, string]>([
    ["an error of the system that is not expected", systemError("EMFILE"), "listen EMFILE"],
    ["an error without a code", new Error("the plugin failed"), "the plugin failed"],
    ["a text", "not today", "not today"],
    ["an error with a name that every object has", systemError("constructor"), "listen constructor"],
    [
      "an error whose code cannot be read",
      Object.defineProperty(new Error("the plugin failed"), "code", {
        get() {
          throw new Error("no");
        },
      }),
      "the plugin failed",
    ],
  ])("says in the words of its cause what it does not know: %s", (_what, cause, words) => {
    expect(listenError(cause, "h", 5000)).toMatchObject({
      code: "ERR_LISTEN",
      message: `Cannot listen on h:5000: ${words}`,
      cause,
    });
  });
});

describe("the tls options", () => {
  it.each<[string, object]>([
    ["nothing", {}],
    ["a certificate without a key", { cert: "cert" }],
    ["a key without a certificate", { key: "key" }],
    ["an empty certificate", { cert: "", key: "key" }],
  ])("need a certificate and its key, which %s is not", (_what, tls) => {
    expect(() => checkCertificate(tls)).toThrow(
      expect.objectContaining({
        code: "ERR_LISTEN",
        message: expect.stringMatching(/: a certificate or its key is missing\. They take the contents/),
      }),
    );
    expect(() => makeServer(() => {}, tls)).toThrow("a certificate or its key is missing");
  });

  it.each<[string, object]>([
    ["cert and key", { cert: "cert", key: "key" }],
    ["a key of an engine", { cert: "cert", privateKeyIdentifier: "id" }],
    ["one file with both", { pfx: Buffer.from("pfx") }],
    ["a function for each name", { SNICallback() {} }],
  ])("may have them as %s", (_what, tls) => {
    expect(() => checkCertificate(tls)).not.toThrow();
  });

  it("that are the names of files are an error that says so", () => {
    expect(() => makeServer(() => {}, { cert: "cert.pem", key: "key.pem" })).toThrow(
      expect.objectContaining({
        code: "ERR_LISTEN",
        message: expect.stringContaining('cert: readFileSync("cert.pem")'),
        cause: expect.any(Error),
      }),
    );
  });

  it("may fail by anything that a runtime throws", () => {
    expect(tlsError(undefined).message).toMatch(/^The tls options cannot be used: undefined\. /);
  });
});

it("closing a server that did not listen here does nothing", async () => {
  await expect(closeServer(createServer())).resolves.toBe(undefined);
});
