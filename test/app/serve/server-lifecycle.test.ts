import { createServer } from "node:http";
import { emit, request, type TestClient } from "roomcast";
import { describe, expect, it, vi } from "vitest";
import { joinedClient, portlessServer } from "../../support/portless-server.ts";
import { deferred } from "../../support/waiting.ts";

/** The events that a client has received, as `event value`. */
const heard = (client: TestClient) => client.received().map(({ name, args }) => [name, ...args].join(" "));

describe("stop()", () => {
  it("ends all clients, tells handlers why, and waits for them", async () => {
    const { socketio } = portlessServer();
    const seen: unknown[] = [];
    socketio.on("disconnect", async (reason) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(reason);
    });
    const clients = [await joinedClient(socketio), await joinedClient(socketio)];
    await socketio.stop();
    expect(seen).toEqual(["server shutting down", "server shutting down"]);
    expect(clients.map((client) => client.isConnected())).toEqual([false, false]);
    expect(socketio.clientCount).toBe(0);
  });

  it("delivers what was sent before", async () => {
    const { socketio } = portlessServer();
    const client = await joinedClient(socketio);
    socketio.emit("last words");
    await socketio.stop();
    expect(heard(client)).toEqual(["last words"]);
  });

  it("lets a handler that runs answer its client before the client has to go", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    const order: string[] = [];
    socketio.on("work", async () => {
      await end.promise;
      emit("progress", "nearly done");
      order.push("done");
      return "result";
    });
    socketio.on("disconnect", () => order.push("disconnect"));
    const client = await joinedClient(socketio);
    const answer = client.call("work");
    const stopped = socketio.stop();
    end.resolve();
    expect(await answer).toBe("result");
    await stopped;
    expect(client.received().map(({ name }) => name)).toEqual(["progress"]);
    expect(order).toEqual(["done", "disconnect"]);
  });

  it("can be called again and again", async () => {
    const { socketio } = portlessServer();
    await Promise.all([socketio.stop(), socketio.stop()]);
    await socketio.stop();
  });

  it("leaves no timer behind", async () => {
    const { socketio } = portlessServer();
    await joinedClient(socketio);
    socketio.startBackgroundTask(() => socketio.sleep(1_000_000));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const before = vi.getTimerCount();
    await socketio.stop();
    expect(vi.getTimerCount()).toBe(before);
    vi.useRealTimers();
  });

  it("gives up on handlers that never end", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    socketio.on("hang", () => end.promise);
    const client = await joinedClient(socketio);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const emitted = client.emit("hang").catch(() => {});
    const stopped = socketio.stop();
    await vi.advanceTimersByTimeAsync(20_000);
    await stopped;
    vi.useRealTimers();
    end.resolve();
    await emitted;
  });
});

describe("stop() called by a handler or a task", () => {
  it("does not wait for its caller, which can wait for it", async () => {
    const { socketio } = portlessServer();
    const order: string[] = [];
    socketio.on("shut down", async () => {
      await socketio.stop();
      order.push("stopped");
    });
    const client = await joinedClient(socketio);
    const other = deferred();
    socketio.on("work", async () => {
      await other.promise;
      order.push("worked");
    });
    void client.emit("work").catch(() => {});
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const asked = client.emit("shut down").catch(() => {});
    const stopped = socketio.stop();
    other.resolve();
    await stopped;
    vi.useRealTimers();
    await asked;
    expect(order).toEqual(["worked", "stopped"]);
  });

  it("does not wait for the task that calls it", async () => {
    const { socketio } = portlessServer();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const task = socketio.startBackgroundTask(() => socketio.stop());
    await task.finished;
    vi.useRealTimers();
    expect(task.finished).toBeInstanceOf(Promise);
  });

  it("takes 6 s and no more, whatever hangs", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    socketio.on("hang", () => end.promise);
    socketio.on("disconnect", () => end.promise);
    const client = await joinedClient(socketio);
    socketio.startBackgroundTask(() => end.promise);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const emitted = client.emit("hang").catch(() => {});
    let stopped = false;
    const stopping = socketio.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(4900);
    expect(stopped).toBe(false);
    await vi.advanceTimersByTimeAsync(1200);
    expect(stopped).toBe(true);
    vi.useRealTimers();
    end.resolve();
    await Promise.all([emitted, stopping]);
  });
});

describe("drain()", () => {
  it("is ready while it serves, refuses new clients while it drains, and ends all", async () => {
    const { socketio } = portlessServer();
    const server = createServer();
    expect(socketio.ready).toBe(false);
    socketio.attach(server);
    expect(socketio.ready).toBe(true);
    const reasons: string[] = [];
    socketio.on("disconnect", (reason) => void reasons.push(reason));
    const clients = [await joinedClient(socketio), await joinedClient(socketio)];
    const drained = socketio.drain();
    expect(socketio.ready).toBe(false);
    await expect(socketio.testClient().connect()).rejects.toThrow("503");
    await drained;
    expect(reasons).toEqual(["server shutting down", "server shutting down"]);
    expect(clients.map((client) => client.isConnected())).toEqual([false, false]);
    expect(socketio.stats()).toMatchObject({ clients: 0, closed: { "server shutting down": 2 } });
    expect(socketio.ready).toBe(false);
  });

  it("lets a running handler answer its client, and disconnects idle clients before that", async () => {
    const { socketio } = portlessServer();
    const end = deferred();
    const order: unknown[] = [];
    socketio.on("work", async () => {
      await end.promise;
      return "result";
    });
    socketio.on("disconnect", () => void order.push(request.sid));
    const [busy, idle] = [await joinedClient(socketio), await joinedClient(socketio)];
    const sids = [idle.sid(), busy.sid()];
    const answer = busy.call("work");
    const drained = socketio.drain({ stagger: 0 });
    await vi.waitFor(() => expect(order).toEqual([sids[0]]));
    end.resolve();
    expect(await answer).toBe("result");
    await drained;
    expect(order).toEqual(sids);
  });

  it("is hurried by stop()", async () => {
    const { socketio } = portlessServer();
    await joinedClient(socketio);
    await joinedClient(socketio);
    const drained = socketio.drain({ stagger: 20_000 });
    await socketio.stop();
    await drained;
    expect(socketio.clientCount).toBe(0);
  });

  it("waits for tasks, which learn that they are to end when the clients are gone", async () => {
    const { socketio } = portlessServer();
    await joinedClient(socketio);
    const order: string[] = [];
    socketio.on("disconnect", () => void order.push("client gone"));
    socketio.startBackgroundTask(async () => {
      await socketio.sleep(1_000_000).catch(() => order.push("task told"));
    });
    await socketio.drain();
    expect(order).toEqual(["client gone", "task told"]);
  });

  it("can be called again, by a handler too, and refuses what it does not know", async () => {
    const { socketio } = portlessServer();
    expect(() => socketio.drain({ stager: 1 } as object)).toThrow('Did you mean "stagger"?');
    socketio.on("restart", () => socketio.drain());
    const client = await joinedClient(socketio);
    await client.emit("restart").catch(() => {});
    await Promise.all([socketio.drain(), socketio.drain(), socketio.stop()]);
    await socketio.drain();
  });
});
