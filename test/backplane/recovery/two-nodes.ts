/** Two nodes with recovery on one broker, and a client, for the tests of clients that move between nodes. */

import { FakeClock } from "../../support/fake-clock.ts";
import { FakeStreamBroker } from "../../support/fake-stream-link.ts";
import { RecoveryNode, TestClient } from "../../support/recovery-node.ts";
import type { StreamNodeOptions } from "../../support/stream-node.ts";

/** Two connected nodes, and a client that neither knows yet. */
export interface TwoNodes {
  readonly clock: FakeClock;
  readonly broker: FakeStreamBroker;
  readonly one: RecoveryNode;
  readonly two: RecoveryNode;
  readonly ann: TestClient;
}

/** Starts two nodes on a broker of their own. */
export async function twoNodes(): Promise<TwoNodes> {
  const clock = new FakeClock();
  const broker = new FakeStreamBroker(clock);
  const one = await connectedNode({ broker, clock, node: "one" });
  const two = await connectedNode({ broker, clock, node: "two" });
  return { clock, broker, one, two, ann: new TestClient("ann") };
}

/** Starts one node. */
export async function connectedNode(options: StreamNodeOptions): Promise<RecoveryNode> {
  const node = new RecoveryNode(options);
  await node.connect();
  return node;
}
