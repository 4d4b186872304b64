/** All checks of a server, in order: each can rely on those before it. */

import type { ServerTarget } from "../session/server-target.ts";
import { checkAnswers } from "./answer-check.ts";
import { type Check, EndOfExamination, Examination } from "./examination.ts";
import type { Finding } from "./finding.ts";
import { checkOpening } from "./handshake-check.ts";
import { checkNamespace } from "./namespace-check.ts";
import { checkOrigin, checkOwnOrigin } from "./origin-check.ts";
import { checkPatience } from "./patience-check.ts";
import { checkReach, checkTlsCertificate } from "./reach.ts";
import { checkBodySize, checkSessions } from "./session-check.ts";
import { checkUpgrade, checkWebSocket } from "./websocket-check.ts";

const checks: readonly Check[] = [
  checkReach,
  checkTlsCertificate,
  checkOpening,
  checkAnswers,
  checkSessions,
  checkBodySize,
  checkWebSocket,
  checkUpgrade,
  checkOwnOrigin,
  checkOrigin,
  checkNamespace,
];

/**
 * Examines a server.
 *
 * @param isPatient - whether to wait through a heartbeat
 * @returns the findings, each when it is there
 */
export async function* examine(target: ServerTarget, isPatient: boolean): AsyncGenerator<Finding> {
  const examination = new Examination(target);
  for (const check of isPatient ? [...checks, checkPatience] : checks) {
    try {
      yield* await check(examination);
    } catch (error) {
      if (!(error instanceof EndOfExamination)) throw error;
      yield* error.findings;
      return;
    }
  }
}
