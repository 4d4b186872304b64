import { connect } from "@nats-io/transport-node";
import { expect, it, onTestFinished } from "vitest";
import { BorrowedConnection } from "../../../src/backplane/nats/borrowed-connection.ts";
import { FakeNatsServer } from "../../support/fake-nats-server.ts";
import { soon } from "../../support/waiting.ts";

async function setup() {
  const server = await FakeNatsServer.start();
  const own = await connect({ servers: `127.0.0.1:${server.port}`, reconnect: false });
  onTestFinished(() => own.close());
  return { server, own, borrowed: await BorrowedConnection.of(own) };
}

it("carries messages, and removes only its own subscriptions at the end", async () => {
  const { server, own, borrowed } = await setup();
  own.subscribe("mine", { callback() {} });
  const heard: string[] = [];
  borrowed.subscribe("ours", { callback: (_error, { data }) => void heard.push(String(Buffer.from(data))) });
  await borrowed.flush();
  expect([...server.subjects.values()]).toEqual(["mine", "ours"]);
  borrowed.publish("news", "hello");
  await borrowed.flush();
  expect(server.messages).toMatchObject([{ subject: "news", data: "hello" }]);
  expect(borrowed.info?.version).toBe(own.info?.version);
  await borrowed.close();
  await borrowed.close();
  await own.flush();
  expect([...server.subjects.values()]).toEqual(["mine"]);
  expect([borrowed.isClosed(), own.isClosed()]).toEqual([true, false]);
  expect(await borrowed.closed()).toBeUndefined();
});

it("ends its iterators of the state with the link", async () => {
  const { borrowed } = await setup();
  const all = (async () => {
    for await (const { type } of borrowed.status()) return type;
    return "ended";
  })();
  await borrowed.close();
  expect(await all).toBe("ended");
});

it("ends with an error when the connection breaks, and is no longer to be had when that is closed", async () => {
  const { server, own, borrowed } = await setup();
  server.disconnect();
  expect(await borrowed.closed()).toBeInstanceOf(Error);
  await soon(() => own.isClosed()).toBe(true);
  await expect(BorrowedConnection.of(own)).rejects.toMatchObject({
    code: "ERR_MESSAGE_QUEUE",
    message: expect.stringContaining("closed, and never opens again"),
  });
  await borrowed.close();
});
