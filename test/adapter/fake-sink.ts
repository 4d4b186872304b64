import type { HttpExchange, RequestSink, UpgradeExchange } from "../../src/engine/ports.ts";

/** Takes the requests below `/socket.io/` as a test says. */
export class FakeSink implements RequestSink {
  onRequest: (exchange: HttpExchange) => void = () => {};
  onUpgrade: (exchange: UpgradeExchange) => void = () => {};

  owns(url: string): boolean {
    return url.startsWith("/socket.io/");
  }

  handleRequest(exchange: HttpExchange): void {
    this.onRequest(exchange);
  }

  handleUpgrade(exchange: UpgradeExchange): void {
    this.onUpgrade(exchange);
  }
}
