import { expect, it } from "vitest";
import { turnOnMetrics } from "../../../src/app/metrics/metering.ts";
import { portlessServer } from "../../support/portless-server.ts";

it("turns the metrics of a server on, more than once without harm", async () => {
  const { socketio } = portlessServer();
  turnOnMetrics(socketio, "this test");
  turnOnMetrics(socketio, "this test");
  const names = (await socketio.metrics()).map(({ name }) => name);
  expect(names.filter((name) => name === "roomcast_received_bytes_total")).toHaveLength(1);
});

it.each([[null], [{}], ["socketio"]])("refuses %j", (server) => {
  expect(() => turnOnMetrics(server, "prometheus()")).toThrow(
    expect.objectContaining({
      code: "ERR_APP",
      message: expect.stringContaining("prometheus() takes a server of new SocketIO(), not "),
    }),
  );
});
