/** The public list of names. Everything that is not here may change without notice. */

// The declarations name Node's types, which a program's compiler must find even where its own settings list
// no types: what it does not find counts as `any`, in silence.
/// <reference types="node" preserve="true" />

export type { ServedApplication } from "./adapter/frameworks/recognition.ts";
export type { HttpMiddleware } from "./adapter/frameworks/request-chain.ts";
export type { NodeHandlers } from "./adapter/node/handed-requests.ts";
export type { AdminAuth, AdminPasswordCheck, InstrumentOptions } from "./admin/instrument-options.ts";
export type { ContractOption } from "./app/contract/contract-option.ts";
export type { ErrorAnswer } from "./app/handlers/handler-result.ts";
export type { ErrorHandler } from "./app/handlers/handler-table.ts";
export type { Middleware, MiddlewareContext, MiddlewareEvent } from "./app/handlers/middleware-context.ts";
export { Namespace } from "./app/namespace-class.ts";
export type { Handlers, NamespaceHandle } from "./app/namespace-handle.ts";
export type { SocketList } from "./app/operations.ts";
export type { SocketIOOptions } from "./app/options/app-options.ts";
export type { DashboardOptions } from "./app/options/dashboard-options.ts";
export type { DedupeOptions, EventId } from "./app/options/dedupe-options.ts";
export type { DrainOptions } from "./app/options/drain-options.ts";
export type { MeteringOptions, MetricsOptions } from "./app/options/metrics-options.ts";
export type { NamespaceOption, NamespaceOptions } from "./app/options/namespace-options.ts";
export type { NamespacePattern, NamespacePredicate } from "./app/options/namespace-pattern.ts";
export type { Ordering } from "./app/options/ordering-option.ts";
export type { PresenceOptions } from "./app/options/presence-options.ts";
export type { RecoveryOptions } from "./app/options/recovery-options.ts";
export type { RunOptions, TlsOptions } from "./app/options/run-options.ts";
export type { BackgroundTask } from "./app/serve/background-tasks.ts";
export type { RunningAddress } from "./app/serve/http-listener.ts";
export type {
  CallServersOptions,
  EmitToServersOptions,
  ServerAnswer,
  ServerAnswers,
  Servers,
} from "./app/servers.ts";
export { SocketIO } from "./app/socketio.ts";
export type { Stats } from "./app/stats.ts";
export type { QueueProblem, QueueState, QueueStats } from "./backplane/bus/queue-health.ts";
export type { NatsQueueConnection, RedisQueueClient } from "./backplane/queue/queue-client.ts";
export type { QueueOptions, QueueTlsOptions } from "./backplane/queue/queue-options.ts";
export type { MessageQueue } from "./backplane/queue/queue-source.ts";
export {
  ConnectionRefusedError,
  ContextError,
  type ErrorCode,
  errorCodes,
  ProtocolError,
  RoomcastError,
  TimeoutError,
} from "./base/errors.ts";
export type { LogRecord } from "./base/log/log-record.ts";
export type { Logger } from "./base/log/logger.ts";
export { type TraceEvent, type TraceIssue, type TraceListener, traceChannelName } from "./base/trace.ts";
export type {
  BroadcastTrace,
  ConnectTrace,
  EventTrace,
  RequestTrace,
  TracedRequest,
} from "./base/tracing/tracing-channels.ts";
export {
  bufferedBytes,
  call,
  callAll,
  closeRoom,
  disconnect,
  drained,
  type ExpiryOptions,
  emit,
  expireAt,
  joinRoom,
  leaveRoom,
  rooms,
  send,
} from "./context/ambient.ts";
export type {
  CallAllOptions,
  CallOptions,
  DisconnectOptions,
  EmitOptions,
  SendOptions,
} from "./context/emit-options.ts";
export { bindContext, type HandledEvent } from "./context/handler-context.ts";
export { type Request, request } from "./context/request.ts";
export { session } from "./context/session.ts";
export type {
  ClientOptions,
  NamedClients,
  OneClientOptions,
  TargetOptions,
} from "./context/target-options.ts";
export { Arguments, args } from "./contract/arguments.ts";
export type { Contract, EventMap, Register } from "./contract/events.ts";
export { EventRefusal, refuse } from "./contract/refusal.ts";
export type { Answers, ClientAnswer } from "./core/ack/answers.ts";
export type { DisconnectReason } from "./core/model/disconnect-reason.ts";
export type { LostClient } from "./core/model/lost-client.ts";
export type { FoundCount, HandshakeInfo, SocketInfo } from "./core/model/socket-info.ts";
export type { Target } from "./core/model/target.ts";
export type { Next } from "./core/namespace/middleware.ts";
export type { OutgoingListener } from "./core/outgoing-events.ts";
export type { DashboardCredentials, DashboardPasswordCheck } from "./dashboard/access/credentials.ts";
export type { DashboardAuth, DashboardRequestCheck } from "./dashboard/access/door.ts";
export type { PerMessageDeflateOptions } from "./engine/deflate-options.ts";
export type { CorsOptions, OriginRule, TransportName } from "./engine/engine-options.ts";
export type { EngineRequest } from "./engine/ports.ts";
export type { CookieOptions } from "./engine/request/connection-cookie.ts";
export type { AllowedHosts } from "./engine/request/host-policy.ts";
export type {
  CounterMetric,
  GaugeMetric,
  HistogramMetric,
  HistogramSample,
  Metric,
  MetricBucket,
  MetricLabels,
  ValueSample,
} from "./observe/metrics/metric.ts";
export type { Parser, ParserDecoder, ParserMessage } from "./protocol/parser.ts";
export type { SocketPacket } from "./protocol/socket-packet.ts";
export { type ExpressSessionMiddleware, expressSession } from "./session/express-session.ts";
export { type FastifyApp, type FastifySessionOptions, fastifySession } from "./session/fastify-session.ts";
export { type HonoSessionsOptions, honoSessions } from "./session/hono-sessions.ts";
export type { HttpSession, HttpSessions, SessionRequest } from "./session/http-session.ts";
export { type IronSessionOptions, ironSession } from "./session/iron-session.ts";
export { type KoaApp, type KoaSessionMiddleware, koaSession } from "./session/koa-session.ts";
export type { ReceivedEvent, TestClient } from "./testing/test-client.ts";
export type { TestClientOptions } from "./testing/test-client-options.ts";
