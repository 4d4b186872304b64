import { expect, it } from "vitest";
import {
  decodeBroadcast,
  decodeRequest,
  decodeResponse,
  encodeBinary,
  encodeBroadcast,
  encodeJson,
  eventOf,
  infoOf,
  optionsOf,
  packetOf,
  socketOf,
} from "../../../src/backplane/interop/redis-adapter-message.ts";

const everyone = { namespace: "/", sid: null, rooms: null, skip: null };

it("writes and reads an event for clients", () => {
  const packet = packetOf("/chat", "news", ["hello", Uint8Array.of(1, 2)]);
  const options = optionsOf({ ...everyone, rooms: ["lobby"], skip: ["one"] }, { volatile: true });
  const [uid, read, readOptions] = decodeBroadcast(encodeBroadcast("abc123", packet, options));
  expect(uid).toBe("abc123");
  expect(read).toMatchObject({ type: 2, nsp: "/chat", data: ["news", "hello", expect.any(Uint8Array)] });
  expect(readOptions).toEqual({ rooms: ["lobby"], except: ["one"], flags: { volatile: true } });
});

it.each([
  ["JSON", encodeJson],
  ["MessagePack", encodeBinary],
])("reads requests and answers in %s", (_, encode) => {
  expect(decodeRequest(encode({ type: 5, uid: "a", requestId: "b" }))).toEqual({
    type: 5,
    uid: "a",
    requestId: "b",
  });
  expect(decodeResponse(encode({ requestId: "b", sockets: [] }))).toEqual({ requestId: "b", sockets: [] });
});

it("names one client as a room, and all clients by an empty list", () => {
  expect(optionsOf({ ...everyone, sid: "sid" })).toEqual({ rooms: ["sid"], except: [], flags: {} });
  expect(optionsOf(everyone)).toEqual({ rooms: [], except: [], flags: {} });
});

it("takes no event with a name that clients cannot get", () => {
  expect(() => eventOf("/", { data: ["connect"] })).toThrow("connect");
  expect(() => eventOf("/", { data: [5] })).toThrow();
});

it("describes a client to other servers, and reads such a description", () => {
  const info = {
    sid: "sid",
    namespace: "/",
    rooms: ["sid", "lobby"],
    publicData: { name: "Ann" },
    handshake: {
      time: 1_700_000_000_000,
      address: "10.0.0.1",
      secure: true,
      url: "/socket.io/",
      query: { lang: "en" },
      headers: { "user-agent": "test" },
    },
    transport: "websocket",
  };
  expect(infoOf("/", socketOf(info))).toEqual({ ...info, transport: "" });
});

it("makes up nothing where a description holds little", () => {
  expect(infoOf("/chat", { id: "sid", rooms: ["sid"] })).toMatchObject({
    sid: "sid",
    namespace: "/chat",
    rooms: ["sid"],
    publicData: {},
  });
});
