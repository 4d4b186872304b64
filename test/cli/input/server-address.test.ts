import { expect, it } from "vitest";
import { readServerAddress } from "../../../src/cli/input/server-address.ts";

it.each([
  ["localhost:5000", "http://localhost:5000", "/socket.io/", "/"],
  [":5000/chat", "http://localhost:5000", "/socket.io/", "/chat"],
  ["5000", "http://localhost:5000", "/socket.io/", "/"],
  ["chat.example.com", "https://chat.example.com", "/socket.io/", "/"],
  ["192.168.1.5:80", "http://192.168.1.5", "/socket.io/", "/"],
  ["wss://a.example/chat/", "https://a.example", "/socket.io/", "/chat"],
  ["http://[::1]:5000", "http://[::1]:5000", "/socket.io/", "/"],
  ["https://a.example/api/socket.io/", "https://a.example", "/api/socket.io/", "/"],
])("reads %s", (text, origin, path, namespace) => {
  expect(readServerAddress(text)).toMatchObject({ origin, path, namespace });
});

it("takes path and namespace from options first", () => {
  expect(readServerAddress("a.example/x?token=1", { path: "live", namespace: "chat" })).toMatchObject({
    path: "/live/",
    namespace: "/chat",
    query: { token: "1" },
  });
});

it.each([
  ["", "The URL is empty"],
  ["http://", "is not a URL. Give one such as http://localhost:5000"],
  ["ftp://a.example", 'begins with "ftp:". Give a URL with http, https, ws or wss.'],
])("says what a URL is in place of %o", (text, message) => {
  expect(() => readServerAddress(text)).toThrow(message);
});
