import { describe, expect, it } from "vitest";
import { describeSocket } from "../../../src/core/model/socket-info.ts";
import { Socket, type SocketOwner } from "../../../src/core/socket/socket.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";
import { FakeClient } from "../lone-socket.ts";

/** A client whose request carried secrets. */
function guest(): Socket {
  const headers = {
    host: "example.com",
    authorization: "Bearer secret",
    "proxy-authorization": "Basic secret",
    cookie: "sid=secret",
    "x-api-key": "secret",
    "x-own": "Bearer secret",
    "x-forwarded-for": ["a", "b"],
    referer: "https://example.com/?page=1&token=secret#secret",
    "x-nothing": undefined,
  };
  const request = fakeRequest("/socket.io/?EIO=4&access_token=secret&room=a&room=b&x=eyJsecret", {
    headers,
    secure: true,
  });
  const client: SocketOwner = Object.assign(new FakeClient(), { request });
  return new Socket("ada", "/chat", client, { token: "secret" });
}

describe("describeSocket()", () => {
  it("describes a client as plain data without secrets", () => {
    const socket = guest();
    socket.rooms.add("kitchen");
    socket.publicData.name = "Ada";
    const info = describeSocket(socket);
    expect(info).toEqual({
      sid: "ada",
      namespace: "/chat",
      rooms: ["ada", "kitchen"],
      publicData: { name: "Ada" },
      handshake: {
        time: 1_700_000_000_000,
        address: "192.0.2.1",
        secure: true,
        url: "/socket.io/?EIO=4&room=a&room=b",
        query: { EIO: "4", room: "b" },
        headers: {
          host: "example.com",
          "x-forwarded-for": ["a", "b"],
          referer: "https://example.com/?page=1",
        },
      },
      transport: "websocket",
    });
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
    expect(JSON.stringify(info)).not.toContain("secret");
  });

  it("tells how it was, whatever becomes of the client", () => {
    const socket = guest();
    const info = describeSocket(socket);
    socket.rooms.add("attic");
    socket.publicData.name = "Ada";
    expect([info.rooms, info.publicData]).toEqual([["ada"], {}]);
  });
});
