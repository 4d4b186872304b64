import { describe, expect, it } from "vitest";
import { networkOf, subscriberOf } from "../../../src/engine/request/ip-address.ts";

describe("subscriberOf", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001::", "2001:db8:1:0"],
    ["::ffff:c000:201", "192.0.2.1"],
    ["::FFFF:0:192.0.2.1", "192.0.2.1"],
    ["64:ff9b::192.0.2.1", "192.0.2.1"],
    ["64:ff9b::c000:201", "192.0.2.1"],
    ["64:ff9b::c000:202", "192.0.2.2"],
    ["64:ff9b:0:0:0:0:cb00:7107", "203.0.113.7"],
    ["64:ff9b:0:0:1::1", "64:ff9b:0:0"],
    ["64:ff9b:1::c000:201", "64:ff9b:1:0"],
    ["", ""],
  ])("of %j is %j", (address, subscriber) => {
    expect(subscriberOf(address)).toBe(subscriber);
  });
});

describe("networkOf", () => {
  it.each([
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1"],
    ["2001:db8:1::1", "2001:db8:1"],
    ["2002:c000:201::1", "2002:c000:201"],
    ["192.0.2.1", undefined],
    ["::ffff:c000:201", undefined],
    ["64:ff9b::c000:201", undefined],
    ["", undefined],
  ])("of %j is %j", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
