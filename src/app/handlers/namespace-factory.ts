/** Answers what the hub asks about a namespace: its handlers, its recovery, its clients' sessions. */

import { RoomcastError } from "../../base/errors.ts";
import type { Log } from "../../base/log/log.ts";
import type { LogRecord } from "../../base/log/log-record.ts";
import { quoted } from "../../base/printable.ts";
import { systemClock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import { runOutsideContext } from "../../context/handler-context.ts";
import type { DefinedContract } from "../../contract/contract.ts";
import type { Hub, HubOwner } from "../../core/hub.ts";
import type { LostClient } from "../../core/model/lost-client.ts";
import { Deduplication } from "../../core/namespace/deduplication.ts";
import type { NamespaceHandlers, NamespaceRule } from "../../core/namespace/open-namespace.ts";
import type { ClientSession } from "../../core/ports.ts";
import type { RecoverySettings } from "../../core/recovery/recovery.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import type { HandlerFailures } from "../../testing/handler-failures.ts";
import { ContractHandlers } from "../contract/contract-handlers.ts";
import { ContractRules } from "../contract/contract-rules.ts";
import { dataCheck } from "../contract/data-check.ts";
import type { ContractScope, ValidationSettings } from "../contract/validation-settings.ts";
import type { AppOptions } from "../options/app-options.ts";
import { type DedupeConfig, settleDedupe } from "../options/dedupe-options.ts";
import { describePattern } from "../options/namespace-pattern.ts";
import type { Ordering } from "../options/ordering-option.ts";
import { type RecoveryConfig, settleRecovery } from "../options/recovery-options.ts";
import { noHooks } from "../server-hooks.ts";
import { sessionOpener } from "./client-session.ts";
import { Dispatcher } from "./dispatcher.ts";
import { HandlerLookup } from "./handler-lookup.ts";
import { type ErrorHandler, HandlerRegistry, HandlerTable } from "./handler-table.ts";
import type { AnyMiddleware } from "./middleware-context.ts";
import type { RunningHandlers } from "./running-handlers.ts";

/** Handles the loss of a client that did not come back in time. */
export type LossHandler = (client: LostClient) => unknown;

/** What namespaces need of their server. */
export interface NamespaceFactoryOwner {
  /** Asked for when the first client comes, since the hub itself needs the factory. */
  readonly hub: Hub;
  /** Whether the server has stopped: then the loss of clients concerns no handler. */
  readonly isStopped: boolean;
  readonly trace: Trace;
  readonly logger: Log;
  readonly handlers: RunningHandlers;
  readonly failures: HandlerFailures;
}

/** Makes namespaces out of what the application registered for them. */
export class NamespaceFactory implements HubOwner {
  readonly registry: HandlerRegistry;
  /** Checks what the program sends, and clients' answers to it. */
  readonly contractRules: ContractRules;
  /** The hooks of other parts of the package, which are built upon the server. */
  readonly hooks = noHooks();
  /** Middleware of all namespaces, outermost first. */
  readonly middleware: AnyMiddleware[] = [];
  /** Handles errors in namespaces without an error handler. */
  defaultErrorHandler: ErrorHandler | null = null;
  lossHandler: LossHandler | null = null;
  /** The namespaces of Roomcast's own. */
  readonly #reserved = new Map<string, NamespaceHandlers>();
  readonly openSession: (request: EngineRequest) => ClientSession;
  readonly #options: AppOptions;
  readonly #validation: ValidationSettings;
  readonly #owner: NamespaceFactoryOwner;
  readonly #recovery: RecoveryConfig | null;
  readonly #dedupe: DedupeConfig | null;

  /**
   * @param options - the server's resolved options
   * @param owner - the server
   * @throws {@link RoomcastError} `ERR_OPTION` for options of sessions, recovery or deduplication that cannot
   *   be used
   */
  constructor(options: AppOptions, owner: NamespaceFactoryOwner) {
    this.#options = options;
    this.#owner = owner;
    this.registry = new HandlerRegistry(options.contract);
    const { handlers, trace } = owner;
    this.#validation = {
      validationTimeout: options.validationTimeout,
      maxIssues: options.maxIssues,
      outgoing: options.validateOutgoing ?? process.env.NODE_ENV !== "production",
      clock: systemClock,
      trace,
      onStart: () => handlers.start(),
      onEnd: () => handlers.end(),
      report: (error) => this.report(error),
    };
    const ruleOf = (namespace: string) => owner.hub.namespaces.get(namespace)?.rule ?? null;
    const contractOf = (namespace: string) => this.registry.contractOf(namespace, tableOf(ruleOf(namespace)));
    this.contractRules = new ContractRules(contractOf, this.#validation);
    this.openSession = sessionOpener(options);
    this.#recovery = settleRecovery(options.recovery);
    this.#dedupe = settleDedupe(options.dedupe);
  }

  /** Whether clients come back in any namespace. */
  get hasRecovery(): boolean {
    return this.#recovery !== null || this.registry.hasRecovery;
  }

  /** Loads the code of recovery, which few servers need. Clients wait for it. */
  loadRecovery(): void {
    const { namespaces } = this.#owner.hub;
    namespaces.waitFor(
      import("../../core/recovery/recovery.ts").then(
        ({ Recovery }) => namespaces.recoverWith(Recovery),
        (error: unknown) =>
          this.report(error, "The code of recovery could not be loaded: clients start over", {
            type: "recovery unusable",
          }),
      ),
    );
  }

  /**
   * Makes a namespace of Roomcast's own. No handler, middleware or option of the program concerns it, those
   * for `"*"` included, and its clients do not come back after a lost connection.
   *
   * @param owner - the function that makes it, for messages
   * @throws {@link RoomcastError} `ERR_NAMESPACE` as {@link HandlerRegistry.reserve} does
   */
  reserve(name: string, owner: string, handlers: NamespaceHandlers): void {
    this.registry.reserve(name, owner);
    this.#reserved.set(name, handlers);
  }

  /**
   * Sets the contract of a namespace, or of all that match a pattern.
   *
   * @throws {@link RoomcastError} `ERR_CONTRACT` and `ERR_HANDLER` as {@link HandlerTable.setContract} does,
   *   `ERR_STATE` where clients are in such a namespace already
   */
  setContract(table: HandlerTable, contract: DefinedContract | null): void {
    if (table.contract === contract) return;
    const { namespaces, outgoing } = this.#owner.hub;
    for (const { name, rule } of namespaces.all()) {
      if (!this.registry.resolve(name, tableOf(rule)).includes(table)) continue;
      throw new RoomcastError(
        "ERR_STATE",
        `The contract of ${describePattern(table.pattern)} comes too late: clients are in ${quoted(name)} already. Give it before the server runs.`,
      );
    }
    this.registry.setContract(table, contract);
    if (contract !== null) outgoing.rules = this.contractRules;
  }

  rules(): readonly HandlerTable[] {
    return this.registry.rules();
  }

  handlersOf(namespace: string, given: NamespaceRule | null): NamespaceHandlers | undefined {
    const reserved = this.#reserved.get(namespace);
    if (reserved !== undefined) return reserved;
    const rule = tableOf(given);
    const tables = this.registry.resolve(namespace, rule);
    if (tables.length === 0) return undefined;
    const own = tables.find(({ dedupe }) => dedupe !== undefined)?.dedupe;
    const dedupe = own === undefined ? this.#dedupe : own;
    const ordering = tables.find((table) => table.ordering !== undefined)?.ordering ?? this.#options.ordering;
    const contract = this.registry.contractOf(namespace, rule);
    const scope = contract === null ? null : { contract, settings: this.#validation };
    const dispatcher = this.#dispatcherOf(namespace, rule, { ordering, scope });
    const open =
      this.hooks.handlers?.(namespace, rule === null ? null : rule.pattern, dispatcher) ?? dispatcher;
    const handlers = scope === null ? open : new ContractHandlers(open, dispatcher, scope);
    return dedupe === null ? handlers : new Deduplication(handlers, dedupe, this.#owner.hub);
  }

  recoveryOf(namespace: string, rule: NamespaceRule | null): RecoverySettings | null {
    if (this.#reserved.has(namespace)) return null;
    const own = this.registry
      .resolve(namespace, tableOf(rule))
      .find(({ recovery }) => recovery !== undefined)?.recovery;
    const recovery = own === undefined ? this.#recovery : own;
    if (recovery === null) return null;
    const { pingInterval, pingTimeout } = this.#options;
    // A client may have been away for this long before the server notices.
    return { ...recovery, retention: recovery.maxDisconnection + pingInterval + pingTimeout };
  }

  /** The name or pattern with which the program declared a namespace: see {@link HandlerRegistry}. */
  declarationOf(name: string, rule: NamespaceRule | null): string {
    return this.#reserved.has(name) ? name : this.registry.declarationOf(name, tableOf(rule));
  }

  /** Finds the handlers of a namespace. */
  lookup(name: string, rule: NamespaceRule | null): HandlerLookup {
    return new HandlerLookup(name, tableOf(rule), this.registry, this.middleware);
  }

  onLost(client: LostClient): void {
    const handler = this.lossHandler;
    if (handler === null || this.#owner.isStopped) return;
    const call = async () => handler(client);
    runOutsideContext(call).catch((error: unknown) => {
      const { sid, namespace } = client;
      this.report(error, "The handler of onRecoveryExpired() failed", {
        type: "recovery handler failed",
        namespace,
        sid,
      });
    });
  }

  report(
    err: unknown,
    message = "An error outside of any handler",
    record: LogRecord = { type: "unexpected error" },
  ): void {
    this.#owner.logger.error(message, { ...record, err });
  }

  #dispatcherOf(
    namespace: string,
    rule: HandlerTable | null,
    { ordering, scope }: { readonly ordering: Ordering; readonly scope: ContractScope | null },
  ): Dispatcher {
    const { hub, trace, logger, handlers, failures } = this.#owner;
    const factory = this;
    return new Dispatcher(namespace, rule, {
      registry: this.registry,
      hub,
      trace,
      logger,
      middleware: this.middleware,
      guard: scope === null ? null : dataCheck(scope),
      isSerial: ordering === "serial",
      get defaultErrorHandler() {
        return factory.defaultErrorHandler;
      },
      onStart: () => handlers.start(),
      onEnd: () => handlers.end(),
      isWatched: ({ client }) => failures.isWatched(client.request),
      onUnhandled: ({ client }, error) => failures.add(client.request, error),
    });
  }
}

/** The rules of this server are tables of handlers. */
function tableOf(rule: NamespaceRule | null): HandlerTable | null {
  return rule instanceof HandlerTable ? rule : null;
}
