import { Socket } from "node:net";
import { expect, it } from "vitest";
import { HttpRequest } from "../../../src/adapter/http-request.ts";
import { requestAgain } from "../../../src/adapter/node/request-again.ts";

const headers = { host: "example.com", "set-cookie": ["a=1", "b=2"] };

it("makes a request that has ended, with its fields, its address and its scheme", () => {
  const made = requestAgain(new HttpRequest("GET", "/socket.io/?EIO=4", headers, "192.0.2.7", true));
  expect(made).toMatchObject({ method: "GET", url: "/socket.io/?EIO=4", headers, complete: true });
  expect(made.rawHeaders).toEqual(["host", "example.com", "set-cookie", "a=1", "set-cookie", "b=2"]);
  expect(made.socket).toMatchObject({ remoteAddress: "192.0.2.7", encrypted: true });
});

it("leaves a socket that is given as it is, but for an address that it has lost", () => {
  const socket = new Socket();
  const made = requestAgain(new HttpRequest("GET", "/", {}, "192.0.2.7", true), socket);
  expect(made.socket).toBe(socket);
  expect(made.socket.remoteAddress).toBe("192.0.2.7");
  expect("encrypted" in socket).toBe(false);
});
