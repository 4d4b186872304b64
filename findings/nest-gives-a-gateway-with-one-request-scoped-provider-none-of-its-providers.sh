#!/usr/bin/env bash
# @nestjs/websockets 11.2.6 on platform-socket.io 11.2.6: Nest's documents say that gateways must not use request-scoped providers.
# One expects an error at start from a gateway that does, or that provider to be missing. Nest starts, answers events, and leaves
# all parameters of the gateway's constructor undefined, singletons too. Nothing is logged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @nestjs/common@11.2.10 @nestjs/core@11.2.10 @nestjs/platform-express@11.2.10 \
  @nestjs/platform-socket.io@11.2.6 @nestjs/websockets@11.2.6 reflect-metadata@0.2.2 rxjs@7.8.2 \
  socket.io-client@4.8.3 typescript@5.9.3
cat > seen.ts <<'PROGRAM'
import "reflect-metadata";
import { Injectable, Module, Scope } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import { io } from "socket.io-client";

@Injectable()
class Clock {}

@Injectable({ scope: Scope.REQUEST })
class Request {}

@WebSocketGateway()
class Plain {
  constructor(private readonly clock: Clock) {}
  @SubscribeMessage("plain") answer() {
    return `clock ${typeof this.clock}`;
  }
}

@WebSocketGateway()
class Scoped {
  constructor(private readonly clock: Clock, private readonly request: Request) {}
  @SubscribeMessage("scoped") answer() {
    return `clock ${typeof this.clock}, request ${typeof this.request}`;
  }
}

@Module({ providers: [Clock, Request, Plain, Scoped] })
class App {}

async function main() {
  let lines = 0;
  const log = () => { lines += 1; };
  const app = await NestFactory.create(App, { logger: { log: () => {}, warn: log, error: log, fatal: log } });
  await app.listen(0, "127.0.0.1");
  const client = io(await app.getUrl(), { transports: ["websocket"] });
  const [plain, scoped] = [await client.emitWithAck("plain", 1), await client.emitWithAck("scoped", 1)];
  console.log(`without: ${plain}; with: ${scoped}; warnings and errors: ${lines}`);
  client.close();
  await app.close();
}
main();
PROGRAM
npx tsc --target es2022 --module commonjs --experimentalDecorators --emitDecoratorMetadata --esModuleInterop --skipLibCheck seen.ts
seen=$(timeout 30 node seen.js)
echo "$seen"
[ "$seen" = "without: clock object; with: clock undefined, request undefined; warnings and errors: 0" ] ||
  { echo "The behaviour has changed."; exit 1; }
