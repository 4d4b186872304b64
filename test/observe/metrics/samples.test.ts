import { describe, expect, it } from "vitest";
import { Samples } from "../../../src/observe/metrics/samples.ts";

describe("Samples", () => {
  it("puts values into the metrics of the catalogue, in its order", () => {
    const samples = new Samples();
    samples.add("roomcast_sockets", 2, { namespace: "/" });
    samples.add("roomcast_sockets", 3, { namespace: "/chat" });
    samples.add("roomcast_processes", 5);
    expect(samples.metrics()).toEqual([
      {
        name: "roomcast_processes",
        help: "Processes that these metrics are of.",
        type: "gauge",
        samples: [{ labels: {}, value: 5 }],
      },
      {
        name: "roomcast_sockets",
        help: "Clients in a namespace.",
        type: "gauge",
        samples: [
          { labels: { namespace: "/" }, value: 2 },
          { labels: { namespace: "/chat" }, value: 3 },
        ],
      },
    ]);
  });

  it("makes one sample of each entry of a table", () => {
    const samples = new Samples();
    samples.addAll("roomcast_limits_reached_total", "limit", { maxRooms: 1, maxNamespaces: 0 });
    expect(samples.metrics()[0]?.samples).toEqual([
      { labels: { limit: "maxRooms" }, value: 1 },
      { labels: { limit: "maxNamespaces" }, value: 0 },
    ]);
  });
});
