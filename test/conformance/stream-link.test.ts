import { connect } from "@nats-io/transport-node";
import type { ConnectBroker } from "../../src/backplane/bus/broker-bus.ts";
import { jetStreamLinks } from "../../src/backplane/nats/jetstream-link.ts";
import { JetStreamNames } from "../../src/backplane/nats/jetstream-names.ts";
import { signedLog } from "../../src/backplane/recovery/signed-log.ts";
import { redisStreamLinks } from "../../src/backplane/redis/redis-stream-link.ts";
import type { StreamLink } from "../../src/backplane/stream/stream-link.ts";
import { QueueSecret } from "../../src/backplane/wire/queue-secret.ts";
import { systemClock } from "../../src/base/time/clock.ts";
import { Broker, isSkipped } from "../support/brokers.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeStreamBroker } from "../support/fake-stream-link.ts";
import { type StreamLinkSite, streamLinkSuite } from "./stream-link.suite.ts";

type Links = (onOpen: (link: StreamLink) => void) => ConnectBroker;

/** Opens links like the recovery of a node. */
function opener(links: Links): StreamLinkSite["open"] {
  return async (owner) => {
    let opened: StreamLink | null = null;
    await links((link) => {
      opened = link;
    })(owner, new AbortController().signal);
    if (opened === null) throw new Error("No link was opened.");
    return opened;
  };
}

function fakeSite(keepsOrder: boolean, secret: QueueSecret | null = null): StreamLinkSite {
  const clock = new FakeClock();
  const broker = new FakeStreamBroker(clock, { keepsOrder });
  const problems = {
    onIgnored(_problem: string, details: string) {
      throw new Error(details);
    },
  };
  return {
    open(owner) {
      // Each link belongs to its own node, and each node signs its own messages.
      const log = secret === null ? broker : signedLog(broker, secret, problems, () => clock.now());
      return opener((onOpen) => log.links(onOpen))(owner);
    },
    forgetOffsets: ({ name }) => broker.forgetOffsets(name),
    advance: (milliseconds) => clock.advance(milliseconds),
    stop() {},
  };
}

streamLinkSuite("the fake broker", {}, () => fakeSite(true));

streamLinkSuite("the fake broker with a separate way for passed messages", {}, () => fakeSite(false));

streamLinkSuite("the fake broker, signed", {}, () =>
  fakeSite(true, new QueueSecret(["a secret that is known to the links alone"], "test")),
);

streamLinkSuite("Redis", { skip: isSkipped("redis") }, async () => {
  const broker = await Broker.redis("--proto-max-bulk-len", String(2 ** 20));
  return {
    open: opener((onOpen) => redisStreamLinks(broker.url, "test", onOpen)),
    forgetOffsets: ({ name }) => broker.command("DEL", `${name}:m`, `${name}:s`),
    endsTooLarge: true,
    stop: () => broker.kill(),
  };
});

streamLinkSuite("JetStream", { skip: isSkipped("jetstream") }, async () => {
  const broker = await Broker.jetStream();
  const connection = await connect({ servers: broker.url });
  return {
    open: opener((onOpen) => jetStreamLinks(broker.url, "test", systemClock, onOpen)),
    async forgetOffsets({ name }) {
      const { events } = JetStreamNames.of("test", name);
      await connection.request(`$JS.API.STREAM.DELETE.${events}`);
    },
    async stop() {
      await connection.close();
      await broker.kill();
    },
  };
});
