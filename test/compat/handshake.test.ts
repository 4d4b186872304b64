import { expect, it } from "vitest";
import { handshakeOf } from "../../src/compat/handshake.ts";
import { fakeRequest } from "../support/fake-exchange.ts";

it("a handshake has the request, its query with repeated names, and what the client sent to join", () => {
  const request = fakeRequest("/socket.io/?EIO=4&a=1&a=2", { headers: { origin: "http://a.test" } });
  const handshake = handshakeOf(request, 0, { token: "t" });
  expect({ ...handshake.query }).toEqual({ EIO: "4", a: ["1", "2"] });
  expect(handshake).toMatchObject({ xdomain: true, issued: 0, auth: { token: "t" }, url: request.url });
  expect(new Date(handshake.time).getTime()).toBe(0);
  expect(handshakeOf(fakeRequest(), 0, undefined)).toMatchObject({
    auth: {},
    xdomain: false,
  });
});
