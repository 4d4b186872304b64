import { joinRoom, type Metric, type SocketIO } from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, portlessServer } from "../../support/portless-server.ts";

/** The samples of a metric, as `label value` → value. */
async function read(socketio: Pick<SocketIO, "metrics">, name: string): Promise<Record<string, number>> {
  const metric: Metric | undefined = (await socketio.metrics()).find((one) => one.name === name);
  const samples = metric === undefined || metric.type === "histogram" ? [] : metric.samples;
  return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join(" "), value]));
}

describe("the metrics of a server", () => {
  it("count clients, and rooms and their members by namespace", async () => {
    const { socketio } = portlessServer();
    socketio.on("join", (room: string) => joinRoom(room));
    const first = await joinedClient(socketio);
    const second = await joinedClient(socketio);
    await first.call("join", "tea");
    await second.call("join", "tea");
    await second.call("join", "coffee");
    expect(await read(socketio, "roomcast_clients")).toEqual({ "": 2 });
    expect(await read(socketio, "roomcast_sockets")).toEqual({ "/": 2 });
    expect(await read(socketio, "roomcast_rooms")).toEqual({ "/": 2 });
    expect(await read(socketio, "roomcast_room_members")).toEqual({ "/": 3 });
    await second.disconnect();
    expect(await read(socketio, "roomcast_rooms")).toEqual({ "/": 1 });
    expect(await read(socketio, "roomcast_connections_opened_total")).toEqual({ "": 2 });
  });

  it("name namespaces as the program declared them, so that clients make no labels", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat").on("connect", () => {});
    socketio.namespace(/^\/game-\d+$/).on("connect", () => {});
    socketio.namespace(function tenants(name) {
      return name.startsWith("/tenant-");
    });
    for (const namespace of ["/chat", "/game-1", "/game-2", "/tenant-a", "/tenant-b"]) {
      await joinedClient(socketio, namespace);
    }
    expect(await read(socketio, "roomcast_sockets")).toEqual({
      "/chat": 1,
      "/^\\/game-\\d+$/": 2,
      "tenants()": 2,
    });
  });
});
