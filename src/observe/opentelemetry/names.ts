/** All names that Roomcast gives to OpenTelemetry. A test holds docs/opentelemetry.md equal to these. */

/** The name of the tracer and of the meter. */
export const scopeName = "roomcast";

/** The system of all calls. */
export const systemName = "socketio";

/** The method of a call whose name would be one of too many. */
export const otherMethod = "_OTHER";

/** Attributes of spans and of the histogram. Those without `roomcast.` are OpenTelemetry's own. */
export const attributes = {
  system: "rpc.system.name",
  method: "rpc.method",
  originalMethod: "rpc.method_original",
  statusCode: "rpc.status_code",
  errorType: "error.type",
  protocol: "network.protocol.name",
  transport: "network.transport",
  clientAddress: "client.address",
  serverAddress: "server.address",
  serverPort: "server.port",
  scheme: "url.scheme",
  path: "url.path",
  userAgent: "user_agent.original",
  httpMethod: "http.request.method",
  httpStatus: "http.response.status_code",
  namespace: "roomcast.namespace",
  sid: "roomcast.sid",
  connection: "roomcast.connection",
  acknowledged: "roomcast.acknowledged",
  recovered: "roomcast.recovered",
  refusal: "roomcast.refusal",
  event: "roomcast.event",
  rooms: "roomcast.rooms",
  clients: "roomcast.clients",
} as const;

/** The histogram of calls. */
export const callDuration = "rpc.server.call.duration";

/** Its buckets, in seconds, as OpenTelemetry recommends them. */
export const callDurationBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** The name of one of Roomcast's own metrics as an instrument, and its unit. */
export function instrumentOf({ name, unit }: { readonly name: string; readonly unit?: string }): {
  readonly name: string;
  readonly unit: string;
} {
  const bare = name.replace(/^roomcast_/, "roomcast.").replace(/_total$/, "");
  if (unit === "seconds") return { name: bare.replace(/_seconds$/, ""), unit: "s" };
  return { name: bare.replace(/_bytes$/, ""), unit: unit === "bytes" ? "By" : "1" };
}
