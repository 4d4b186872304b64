import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { channelPair, ProcessChannel } from "../../../src/backplane/ipc/ipc-channel.ts";

/** A process whose messages a test reads and sends. */
class FakeProcess extends EventEmitter {
  readonly sent: unknown[] = [];
  error: Error | null = null;

  send(message: unknown, callback: (error: Error | null) => void): boolean {
    this.sent.push(message);
    callback(this.error);
    return true;
  }
}

function recorder() {
  const heard: unknown[] = [];
  const listener = { onValue: (value: unknown) => heard.push(value), onClose: () => heard.push("closed") };
  return { heard, listener };
}

describe("a channel over the messages of a process", () => {
  it("carries its own values among others that the program sends", () => {
    const [process, other] = [new FakeProcess(), new FakeProcess()];
    new ProcessChannel(process).send({ number: 1 }, () => {});
    const { heard, listener } = recorder();
    const stop = new ProcessChannel(other).listen(listener);
    for (const foreign of ["text", 5, null, undefined, {}, { type: "roomcast" }, []]) {
      other.emit("message", foreign);
    }
    for (const message of process.sent) other.emit("message", message);
    other.emit("disconnect");
    expect(heard).toEqual([{ number: 1 }, "closed"]);
    stop();
    other.emit("message", process.sent[0]);
    expect([heard.length, other.listenerCount("message"), other.listenerCount("disconnect")]).toEqual([
      2, 0, 0,
    ]);
  });

  it("says that a value has left also where it never will", () => {
    const steps: string[] = [];
    const process = new FakeProcess();
    process.error = new Error("the channel is closed");
    new ProcessChannel(process).send(1, () => steps.push("failed"));
    // A process that was not forked has nothing to send with.
    new ProcessChannel(Object.assign(new EventEmitter())).send(2, () => steps.push("alone"));
    expect(steps).toEqual(["failed", "alone"]);
  });
});

describe("a channel within one process", () => {
  it("carries values in order, later than the call that sends them, until it is cut", async () => {
    const { left, right, cut } = channelPair<string, number>();
    const [one, other] = [recorder(), recorder()];
    left.listen(one.listener);
    right.listen(other.listener);
    for (const value of ["a", "b"]) left.send(value, () => other.heard.push(`sent ${value}`));
    right.send(1, () => {});
    expect([one.heard, other.heard]).toEqual([[], []]);
    await Promise.resolve();
    expect([one.heard, other.heard]).toEqual([[1], ["sent a", "a", "sent b", "b"]]);
    left.send("late", () => other.heard.push("sent late"));
    cut();
    await Promise.resolve();
    expect([one.heard, other.heard.slice(4)]).toEqual([
      [1, "closed"],
      ["closed", "sent late"],
    ]);
  });
});
