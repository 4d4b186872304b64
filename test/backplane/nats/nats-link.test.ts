import { expect, it, onTestFinished } from "vitest";
import { natsLinks } from "../../../src/backplane/nats/nats-link.ts";
import { FakeNatsServer } from "../../support/fake-nats-server.ts";
import { soon } from "../../support/waiting.ts";

const hello = Buffer.from("hello");

/** A link to a server that the test plays, and what its owner hears. */
async function connect() {
  const server = await FakeNatsServer.start();
  const heard: string[] = [];
  const owner = {
    onMessage: (subject: string, message: Uint8Array) => heard.push(`${subject}: ${Buffer.from(message)}`),
    onLost: (error: unknown) => heard.push(`lost: ${error}`),
    onRefused: (error: unknown) => heard.push(`refused: ${error}`),
  };
  const link = await natsLinks(server.url, "app")(owner, new AbortController().signal);
  onTestFinished(() => link.close());
  return { server, heard, link };
}

it("puts every subject into one token under the name of the application, once", async () => {
  const { server, heard, link } = await connect();
  await link.subscribe(["a.b", "*"]);
  await link.subscribe(["a.b"]);
  const subjects = [...server.subjects.values()];
  expect(subjects).toEqual(["app._YS5i", "app._Kg"]);
  for (const subject of subjects) server.publish(subject, { data: "hi" });
  await link.ping();
  expect(heard).toEqual(["a.b: hi", "*: hi"]);
  await link.unsubscribe(["a.b", "never"]);
  await link.ping();
  expect([...server.subjects.values()]).toEqual(["app._Kg"]);
});

it("asks once whether many messages have arrived", async () => {
  const { server, link } = await connect();
  const { pings } = server;
  await Promise.all(Array.from({ length: 100 }, () => link.publish("news", hello)));
  expect(server.messages).toHaveLength(100);
  // One for those before it, and one for those that came since.
  expect(server.pings - pings).toBe(2);
});

it("tells each message that this user may not send, and goes on", async () => {
  const { server, heard, link } = await connect();
  for (let count = 0; count < 3; count += 1)
    server.say(`-ERR 'Permissions Violation for Publish to "app._x"'`);
  await soon(() => heard.length).toBe(3);
  await link.publish("news", hello);
  const refused = expect.stringMatching(/^refused: .*docs\/brokers\.md lists the subjects/);
  expect(heard).toEqual([refused, refused, refused]);
});

it("rejects a subscription that this user may not have, and is of no use any more", async () => {
  const { server, heard, link } = await connect();
  server.answersPings = false;
  const subscribed = link.subscribe(["news"]).catch((error: unknown) => error);
  await soon(() => server.subjects.size).toBe(1);
  server.say(`-ERR 'Permissions Violation for Subscription to "app._bmV3cw"'`);
  server.say("PONG");
  expect(await subscribed).toHaveProperty("code", "ERR_MESSAGE_QUEUE");
  expect(heard).toEqual([expect.stringMatching(/^lost: .*docs\/brokers\.md lists the subjects/)]);
});

it("tells its end once, and rejects what comes later", async () => {
  const { server, heard, link } = await connect();
  server.disconnect();
  await soon(() => heard).toEqual([expect.stringMatching(/^lost: /)]);
  await expect(link.publish("news", hello)).rejects.toThrow();
  await expect(link.ping()).rejects.toThrow();
});
