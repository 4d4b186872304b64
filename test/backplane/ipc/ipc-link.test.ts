import { expect, it } from "vitest";
import { IpcBroker } from "../../../src/backplane/ipc/ipc-broker.ts";
import { channelPair, type IpcAnswer, type IpcRequests } from "../../../src/backplane/ipc/ipc-channel.ts";
import { ipcLinks } from "../../../src/backplane/ipc/ipc-link.ts";

/** A link to a broker, and what its owner learns. */
async function connect(broker: IpcBroker) {
  const told: string[] = [];
  let cut = () => {};
  const open = ipcLinks(() => {
    const pair = channelPair<IpcRequests, IpcAnswer>();
    cut = pair.cut;
    broker.connect(pair.right);
    return pair.left;
  });
  const owner = {
    onMessage: (subject: string, message: Uint8Array) => told.push(`${subject}: ${Buffer.from(message)}`),
    onLost: (error: unknown) => told.push(String(error)),
    onRefused() {},
  };
  const link = await open(owner, new AbortController().signal);
  return { link, told, cut: () => cut() };
}

it("brings messages to the links that subscribe to their subject, and to no sender", async () => {
  const broker = new IpcBroker();
  const [one, two, three] = [await connect(broker), await connect(broker), await connect(broker)];
  await Promise.all([one, two].map(({ link }) => link.subscribe(["news"])));
  await one.link.publish("news", Buffer.from("hello"));
  await Promise.all([one, two, three].map(({ link }) => link.ping()));
  expect([one.told, two.told, three.told]).toEqual([[], ["news: hello"], []]);
});

it("brings no more after it has unsubscribed", async () => {
  const broker = new IpcBroker();
  const [one, two] = [await connect(broker), await connect(broker)];
  await two.link.subscribe(["news"]);
  await two.link.unsubscribe(["news"]);
  await one.link.publish("news", Buffer.from("hello"));
  await two.link.ping();
  expect(two.told).toEqual([]);
});

it("says when the process that started this one is gone", async () => {
  const { told, cut } = await connect(new IpcBroker());
  cut();
  expect(told).toEqual(["Error: The process that started this one is gone."]);
});

it("rejects after its end", async () => {
  const { link } = await connect(new IpcBroker());
  link.close();
  await expect(link.ping()).rejects.toThrow("was closed");
  await expect(link.publish("news", Buffer.from("late"))).rejects.toThrow("was closed");
});
