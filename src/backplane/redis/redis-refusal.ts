/** What Redis's refusals mean, and what to do about them. */

import { RoomcastError } from "../../base/errors.ts";
import { brokerRefusal, certificateRefusal } from "../bus/broker-refusal.ts";

/**
 * Throws a refusal that trying again does not change as an error that says what to do, and others as they
 * are.
 */
export function throwRefusal(error: unknown): never {
  throw redisRefusal(error);
}

/** A refusal as an error that says what to do; other errors as they are. */
export function redisRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RoomcastError) return error;
  const advice = adviceOn(error.message);
  return advice === null
    ? (certificateRefusal("Redis", error) ?? error)
    : brokerRefusal("Redis", error.message, advice, error);
}

/** Whether a server does not know a command. */
export function isUnknownCommand(error: unknown): boolean {
  return error instanceof Error && /^ERR unknown command/i.test(error.message);
}

/** Whether the user may not do something, at once or in a script. */
export function isDenied({ message }: Error): boolean {
  return /^NOPERM\b|^ERR The user executing the script can't /.test(message);
}

/** Takes an answer as a sign of life, also when this user may not use the command. */
export function acceptDenial(error: unknown): void {
  if (isUnknownCommand(error) || (error instanceof Error && isDenied(error))) return;
  throw error;
}

function adviceOn(message: string): string | null {
  if (/^(WRONGPASS|NOAUTH)\b|^ERR AUTH /.test(message)) {
    return "Check the user and the password in the option messageQueue.";
  }
  if (isDenied(new Error(message))) {
    return "Give the user of the messageQueue the right to it: docs/brokers.md lists the commands and channels.";
  }
  if (/^ERR (DB index|SELECT is not allowed)/.test(message)) {
    return "Check the number of the database in the option messageQueue; a cluster has none but 0.";
  }
  return null;
}
