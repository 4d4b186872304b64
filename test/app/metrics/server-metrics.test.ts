import { call, emit, joinRoom, request, type SocketIOOptions } from "roomcast";
import { describe, expect, it } from "vitest";
import { turnOnMetrics } from "../../../src/app/metrics/metering.ts";
import { countsOf, histogramsOf, valuesOf } from "../../support/metrics.ts";
import { joinedClient, plainClient, portlessServer } from "../../support/portless-server.ts";
import { soon } from "../../support/waiting.ts";

const measured = (options: SocketIOOptions = {}) => portlessServer({ metrics: true, ...options }).socketio;

describe("the metrics of a server", () => {
  it("count connections, and rooms and their members by namespace, without any option", async () => {
    const { socketio } = portlessServer();
    socketio.on("join", (room: string) => joinRoom(room));
    const first = await joinedClient(socketio);
    const second = await joinedClient(socketio);
    await first.call("join", "tea");
    await second.call("join", "tea");
    await second.call("join", "coffee");
    expect(await valuesOf(socketio, "roomcast_connections")).toEqual({ polling: 0, websocket: 2 });
    expect(await valuesOf(socketio, "roomcast_sockets")).toEqual({ "/": 2 });
    expect(await valuesOf(socketio, "roomcast_rooms")).toEqual({ "/": 2 });
    expect(await valuesOf(socketio, "roomcast_room_members")).toEqual({ "/": 3 });
    await second.disconnect();
    expect(await valuesOf(socketio, "roomcast_rooms")).toEqual({ "/": 1 });
    expect(await valuesOf(socketio, "roomcast_connections_opened_total")).toEqual({
      polling: 0,
      websocket: 2,
    });
    expect((await socketio.metrics()).map(({ name }) => name)).not.toContain(
      "roomcast_events_received_total",
    );
  });

  it("name namespaces as the program declared them, so that clients make no labels", async () => {
    const socketio = measured();
    socketio.namespace("/chat").on("connect", () => {});
    socketio.namespace(/^\/game-\d+$/).on("connect", () => {});
    socketio.namespace(function tenants(name) {
      return name.startsWith("/tenant-");
    });
    for (const namespace of ["/chat", "/game-1", "/game-2", "/tenant-a", "/tenant-b"]) {
      await joinedClient(socketio, namespace);
    }
    const expected = { "/chat": 1, "/^\\/game-\\d+$/": 2, "the namespaces of tenants": 2 };
    expect(await valuesOf(socketio, "roomcast_sockets")).toEqual(expected);
    expect(await valuesOf(socketio, "roomcast_sockets_connected_total")).toEqual(expected);
  });

  it("time what runs for clients that have been accepted", async () => {
    const socketio = measured();
    socketio.onAccepted(() => {
      if (request.auth?.fail === true) throw new Error("not today");
    });
    await joinedClient(socketio);
    await socketio.testClient({ propagateErrors: false }).connect("/", { fail: true });
    await soon(() => valuesOf(socketio, "roomcast_handler_errors_total")).toMatchObject({ "/ accepted": 1 });
    expect(await histogramsOf(socketio, "roomcast_handler_duration_seconds")).toMatchObject({
      "/ accepted": { count: 2 },
    });
  });

  it("give one label to all events whose names the program has not declared", async () => {
    const socketio = measured({ metrics: { events: ["said"] } });
    socketio.on("say", () => emit("said"));
    socketio.on("echo", (name: string) => emit(name));
    const client = await plainClient(socketio);
    for (let index = 0; index < 1000; index += 1) client.emit(`invented ${index}`);
    await client.call("say");
    await client.call("echo", "more names");
    expect(await valuesOf(socketio, "roomcast_events_received_total")).toEqual({
      "/ _OTHER": 1000,
      "/ say": 1,
      "/ echo": 1,
    });
    expect(await valuesOf(socketio, "roomcast_events_sent_total")).toEqual({ "/ _OTHER": 1, "/ said": 1 });
  });

  it("count what handlers do, and how often they fail", async () => {
    const socketio = measured();
    socketio.on("connect", () => {});
    socketio.on("disconnect", () => {});
    socketio.on("fail", async () => {
      throw new Error("no");
    });
    const client = await plainClient(socketio);
    await client.call("fail").catch(() => {});
    await client.disconnect();
    expect(await countsOf(socketio, "roomcast_handler_duration_seconds")).toEqual({
      "/ connect": 1,
      "/ fail": 1,
      "/ disconnect": 1,
    });
    expect(await valuesOf(socketio, "roomcast_handler_errors_total")).toEqual({
      "/ connect": 0,
      "/ fail": 1,
      "/ disconnect": 0,
    });
    expect(await valuesOf(socketio, "roomcast_sockets_disconnected_total")).toEqual({
      "/ client namespace disconnect": 1,
    });
    expect(await valuesOf(socketio, "roomcast_sockets")).toEqual({ "/": 0 });
    expect(await countsOf(socketio, "roomcast_connection_duration_seconds")).toEqual({
      "transport close": 1,
    });
  });

  it("tell how wide broadcasts are, and how long clients take to answer", async () => {
    const socketio = measured();
    socketio.on("ask", () => call("question"));
    const first = await joinedClient(socketio);
    await joinedClient(socketio);
    first.on("question", () => "answer");
    socketio.emit("news");
    await first.call("ask");
    const { "/": width } = await histogramsOf(socketio, "roomcast_broadcast_clients");
    expect(width).toMatchObject({ count: 1, sum: 2 });
    expect(await valuesOf(socketio, "roomcast_acknowledgements_requested_total")).toEqual({ "/": 1 });
    expect(await countsOf(socketio, "roomcast_acknowledgement_duration_seconds")).toEqual({ "/": 1 });
  });

  it("count bytes in both directions", async () => {
    const socketio = measured();
    socketio.on("say", (text: string) => text);
    const client = await joinedClient(socketio);
    const before = await valuesOf(socketio, "roomcast_received_bytes_total");
    const sentBefore = await valuesOf(socketio, "roomcast_sent_bytes_total");
    await client.call("say", "grün");
    const after = await valuesOf(socketio, "roomcast_received_bytes_total");
    const sentAfter = await valuesOf(socketio, "roomcast_sent_bytes_total");
    // A frame's header, and 4 bytes more for the mask of a client.
    const asked = Buffer.byteLength('420["say","grün"]') + 2 + 4;
    expect((after.websocket ?? 0) - (before.websocket ?? 0)).toBe(asked);
    expect((sentAfter.websocket ?? 0) - (sentBefore.websocket ?? 0)).toBe(
      Buffer.byteLength('430["grün"]') + 2,
    );
  });

  it("begin for namespaces that are open already when they are turned on", async () => {
    const { socketio } = portlessServer();
    socketio.on("say", () => {});
    const client = await joinedClient(socketio);
    await client.call("say");
    turnOnMetrics(socketio, "this test");
    await client.call("say");
    expect(await valuesOf(socketio, "roomcast_events_received_total")).toEqual({ "/ say": 1 });
    expect(await countsOf(socketio, "roomcast_handler_duration_seconds")).toEqual({ "/ say": 1 });
  });
});
