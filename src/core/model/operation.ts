/** What can be done to clients besides sending to them, as plain data that means the same in every process. */

import type { DisconnectNotice } from "./disconnect-notice.ts";
import type { Target } from "./target.ts";

/** An operation on clients and rooms. */
export type Operation =
  | { readonly type: "join"; readonly target: Target; readonly room: string }
  | { readonly type: "leave"; readonly target: Target; readonly room: string }
  | { readonly type: "close room"; readonly namespace: string; readonly room: string }
  | {
      readonly type: "disconnect";
      readonly target: Target;
      /** Whether the clients' whole connections are ended. */
      readonly close: boolean;
      /** What the clients are told before, if anything. */
      readonly notice: DisconnectNotice | null;
    };
