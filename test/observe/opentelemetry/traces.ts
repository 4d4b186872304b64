/** Contexts of operations, as a server makes them. */

import type {
  BroadcastTrace,
  ConnectTrace,
  EventTrace,
  RequestTrace,
  TracedRequest,
} from "../../../src/base/tracing/tracing-channels.ts";

export const request: TracedRequest = {
  method: "GET",
  path: "/socket.io/",
  headers: { host: "chat.example:8443", "user-agent": "a browser" },
  address: "192.0.2.7",
  secure: true,
};

const about = {
  namespace: "/chat",
  pattern: "/chat",
  sid: "sid~1",
  connection: 3,
  transport: "websocket",
  auth: undefined,
  request,
};

export const eventTrace = (more: Partial<EventTrace> = {}): EventTrace => ({
  ...about,
  event: "say",
  handler: "say",
  args: [],
  acknowledged: true,
  ...more,
});

export const connectTrace = (more: Partial<ConnectTrace> = {}): ConnectTrace => ({
  ...about,
  handler: "connect",
  recovered: false,
  ...more,
});

export const broadcastTrace = (more: Partial<BroadcastTrace> = {}): BroadcastTrace => ({
  namespace: "/chat",
  event: "said",
  sid: null,
  rooms: ["tea"],
  skip: null,
  acknowledged: false,
  remote: false,
  clients: null,
  ...more,
});

export const requestTrace = (more: Partial<RequestTrace> = {}): RequestTrace => ({
  method: "GET",
  path: "/socket.io/",
  transport: "websocket",
  address: "192.0.2.7",
  handshake: true,
  relayed: false,
  connection: null,
  status: null,
  request: { ...request },
  ...more,
});
