import { describe, expect, it, onTestFinished } from "vitest";
import {
  channelToken,
  connectToNats,
  encodeToken,
  importNats,
  RoundTrips,
  refusalOf,
} from "../../../src/backplane/nats/nats-connection.ts";
import { readQueueUrl } from "../../../src/backplane/queue/queue-url.ts";
import { FakeNatsServer } from "../../support/fake-nats-server.ts";
import { freePort } from "../../support/free-port.ts";

const client = await importNats();
const turn = () => new Promise(setImmediate);

async function connect(url: string, signal = new AbortController().signal) {
  const connection = await connectToNats(client, readQueueUrl(url), signal);
  onTestFinished(() => connection.close());
  return connection;
}

describe("a connection", () => {
  it.each([
    ["", {}],
    ["ada:secret@", { user: "ada", pass: "secret" }],
    ["token@", { auth_token: "token" }],
  ])(
    "with %s in its URL shows these credentials, and asks for none of its own messages",
    async (part, shown) => {
      const server = await FakeNatsServer.start();
      await connect(`nats://${part}127.0.0.1:${server.port}`);
      const [{ user, pass, auth_token, echo, name } = {}] = server.connects;
      expect({ user, pass, auth_token, echo, name }).toEqual({ ...shown, echo: false, name: "roomcast" });
    },
  );

  it("is made to the server that is there, whichever place it has in the URL", async () => {
    const server = await FakeNatsServer.start();
    const away = await freePort();
    const urls = [`127.0.0.1:${away}`, `127.0.0.1:${server.port}`];
    await connect(`nats://${urls.join()}`);
    await connect(`nats://${urls.toReversed().join()}`);
    expect(server.connects).toHaveLength(2);
  });

  it("that one server refuses and another does not answer says the refusal", async () => {
    const server = await FakeNatsServer.start({ refusal: "Authorization Violation" });
    const away = await freePort();
    await expect(connect(`nats://127.0.0.1:${away},127.0.0.1:${server.port}`)).rejects.toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(
        /^NATS refuses this process: .*Check the user and the password, or the token/,
      ),
    });
  });

  it("to servers that are away has the error of the package, as another attempt may succeed", async () => {
    const away = await freePort();
    const error = await connect(`nats://127.0.0.1:${away}`).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toHaveProperty("code", "ERR_MESSAGE_QUEUE");
  });

  it("of an attempt that is given up is not kept", async () => {
    const server = await FakeNatsServer.start();
    const controller = new AbortController();
    const connecting = connect(server.url, controller.signal);
    controller.abort(new Error("too slow"));
    expect((await connecting).isClosed()).toBe(true);
    await expect(connect(server.url, controller.signal)).rejects.toThrow("too slow");
    expect(server.connects.length).toBeLessThan(2);
  });
});

describe("an error of the package", () => {
  const named = (name: string, message: string) => Object.assign(new Error(message), { name });

  it.each([
    ["AuthorizationError", "Check the user and the password, or the token"],
    ["UserAuthenticationExpiredError", "Check the user and the password, or the token"],
    ["PermissionViolationError", "docs/brokers.md lists the subjects"],
  ])("%s becomes one that says what to do", (name, advice) => {
    const cause = named(name, "Some Violation.");
    expect(refusalOf(cause)).toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringMatching(new RegExp(`^NATS refuses this process: Some Violation\\. .*${advice}`)),
      cause,
    });
  });

  it("about a certificate says how to have it trusted", () => {
    const cause = Object.assign(new Error("self-signed certificate"), {
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
    expect(refusalOf(new Error("no connection", { cause }))).toHaveProperty(
      "message",
      expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    );
  });

  it("that passes stays as it is", () => {
    for (const error of [named("TimeoutError", "timeout"), new Error("closed"), "text", null]) {
      expect(refusalOf(error)).toBe(error);
    }
  });
});

describe("a round trip", () => {
  /** Trips over a connection whose answers a test gives. */
  function setup() {
    const flushes: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const flush = () => {
      return new Promise<void>((resolve, reject) => flushes.push({ resolve, reject }));
    };
    const trips = new RoundTrips({ flush } as unknown as ConstructorParameters<typeof RoundTrips>[0]);
    return { flushes, trips };
  }

  it("is shared by the callers that came during the one before", async () => {
    const { flushes, trips } = setup();
    const settled: string[] = [];
    const make = (name: string) => void trips.make().then(() => settled.push(name));
    make("first");
    for (const name of ["second", "third"]) make(name);
    expect(flushes).toHaveLength(1);
    flushes[0]?.resolve();
    await turn();
    expect([settled, flushes.length]).toEqual([["first"], 2]);
    flushes[1]?.resolve();
    await turn();
    make("fourth");
    expect([settled, flushes.length]).toEqual([["first", "second", "third"], 3]);
  });

  it("that fails is told to each of its callers, and followed by another", async () => {
    const { flushes, trips } = setup();
    const calls = [trips.make(), trips.make()];
    flushes[0]?.reject(new Error("gone"));
    expect(await Promise.allSettled(calls)).toMatchObject([
      { status: "rejected", reason: { message: "gone" } },
      { status: "rejected", reason: { message: "gone" } },
    ]);
    const again = trips.make();
    flushes.at(-1)?.resolve();
    await expect(again).resolves.toBeUndefined();
  });
});

describe("a token of a subject", () => {
  it("stands for any text, is never empty, and differs for different texts", () => {
    const texts = ["", "a", "A", "a.b", "*", ">", " ", "ö", "_", "__", "_YQ", "x".repeat(90), "x".repeat(91)];
    const tokens = texts.map(encodeToken);
    for (const token of tokens) expect(token).toMatch(/^_[\w-]*$/);
    expect(new Set(tokens).size).toBe(texts.length);
    expect(Math.max(...tokens.map(({ length }) => length))).toBeLessThanOrEqual(121);
  });

  it("is the name of the application itself where that can be read", () => {
    expect(channelToken("my_app-2")).toBe("my_app-2");
    for (const channel of ["", "my app", "my.app", "x".repeat(91)]) {
      expect(channelToken(channel)).toBe(encodeToken(channel));
    }
  });
});
