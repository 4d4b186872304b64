import { SocketIO } from "roomcast";
import { describe, expect, it } from "vitest";
import { isLocalQueue } from "../../../src/backplane/queue/queue-source.ts";
import { queueUrlProblem, readQueueUrl } from "../../../src/backplane/queue/queue-url.ts";

const server = (host: string, port: number | null = null, username = "", password = "") => ({
  host,
  port,
  username,
  password,
});

describe("the URL of a Redis", () => {
  it.each([
    ["redis://", server("localhost"), 0],
    ["redis://queue.internal", server("queue.internal"), 0],
    ["redis://queue.internal:6380/3", server("queue.internal", 6380), 3],
    ["redis://queue.internal/", server("queue.internal"), 0],
    ["redis://[::1]:6380", server("::1", 6380), 0],
    ["redis://ann:secret@host", server("host", null, "ann", "secret"), 0],
    ["redis://:secret@host", server("host", null, "", "secret"), 0],
    ["redis://ann:p%40ss%2Fw%C3%B6rd@host", server("host", null, "ann", "p@ss/wörd"), 0],
  ])("names its server, credentials and database: %s", (url, expected, database) => {
    expect(readQueueUrl(url)).toEqual({ broker: "redis", isSecure: false, servers: [expected], database });
  });

  it("asks for TLS", () => {
    expect(readQueueUrl("rediss://host:6380")).toMatchObject({ broker: "redis", isSecure: true });
  });

  it.each([
    ["100%", "100%"],
    ["50%off", "50%off"],
    ["%zz%41", "%zzA"],
    ["%E9t%C3%A9", "%E9té"],
    ["%", "%"],
    ["a:b", "a:b"],
    ["a@b", "a@b"],
  ])("takes a password for what it is that holds characters of its own: %s", (written, password) => {
    expect(readQueueUrl(`redis://ann:${written}@host`).servers).toEqual([
      server("host", null, "ann", password),
    ]);
  });
});

describe("the URL of a NATS", () => {
  it("may name several servers, each with credentials of its own, or with the first ones", () => {
    const { servers, isSecure } = readQueueUrl(
      "nats://ann:one@a:4222, nats://bob:two@b:4223,c,nats://token@d,nats://[::1]:4224",
    );
    expect(servers).toEqual([
      server("a", 4222, "ann", "one"),
      server("b", 4223, "bob", "two"),
      server("c", null, "ann", "one"),
      server("d", null, "token"),
      server("::1", 4224, "ann", "one"),
    ]);
    expect(isSecure).toBe(false);
  });

  it("gives the first credentials to servers before them, too", () => {
    const { servers } = readQueueUrl("nats://a,nats://ann:one%25@b");
    expect(servers).toEqual([server("a", null, "ann", "one%"), server("b", null, "ann", "one%")]);
  });

  it("asks for TLS with all servers where it does with one: a password goes to all of them", () => {
    for (const url of ["tls://a", "tls://a,b", "nats://a,tls://b"])
      expect(readQueueUrl(url).isSecure).toBe(true);
  });
});

describe("a URL of no message queue", () => {
  it.each([
    ["s3cr3t9", /begin/],
    ["amqp://annie7:s3cr3t9@rabbit", /amqp:\/\/.*Redis and NATS, neither RabbitMQ/],
    ["kafka://s3cr3t9", /kafka:\/\/.*nor Kafka/],
    ["http://s3cr3t9", /http:\/\//],
    ["redis://annie7:s3cr/3t9@host", /cannot be read.*%2F/],
    ["redis://annie7:s3cr#3t9@host", /cannot be read.*%23/],
    ["redis://annie7:s3cr?3t9@host", /cannot be read.*%3F/],
    ["redis://annie7:12/s3cr3t9@host", /database/],
    ["redis://annie7:12?s3cr3t9@host", /%3F/],
    ["redis://host/s3cr3t9", /database/],
    ["redis://host?password=s3cr3t9", /parameters/],
    ["redis://:s3cr3t9@a,redis://:s3cr3t9@b", /several/],
    ["nats://annie7:s3cr,3t9@host", /comma/],
    ["nats://annie7:s3cr3t9@a/path", /path/],
    ["nats://annie7:s3cr3t9@a,redis://b", /different brokers/],
    ["memory://", /name/],
  ])("is refused with the fault, and never quoted: %s", (url, problem) => {
    expect(queueUrlProblem(url)).toMatch(problem);
    const make = () => new SocketIO({ messageQueue: url });
    expect(make).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
    expect(make).toThrow(problem);
    for (const read of [make, () => readQueueUrl(url)]) {
      try {
        read();
      } catch (error) {
        const { message, stack, cause } = error as Error;
        expect(`${message} ${stack} ${cause}`).not.toMatch(/s3cr|3t9|annie7/);
      }
    }
  });

  it("may also be a value that is no text", () => {
    for (const value of [5, new Map(), new URL("redis://:s3cr3t9@host"), ["redis://:s3cr3t9@host"]]) {
      const make = () => new SocketIO({ messageQueue: value as never });
      expect(make).toThrow(/must be a URL/);
      expect(make).not.toThrow(/s3cr3t9/);
    }
  });
});

describe("a message queue", () => {
  it.each([
    ["redis://localhost", true],
    ["redis://127.0.0.1:7000", true],
    ["redis://[::1]", true],
    ["memory://a", true],
    ["redis://queue", false],
    ["nats://127.0.0.1,nats://10.0.0.5", false],
  ])("is on this machine where all its servers are: %s, %s", (url, isLocal) => {
    expect(isLocalQueue(url)).toBe(isLocal);
  });
});
