/** Operations on clients besides sending to them. Plain data, the same in every process. */

import type { DisconnectNotice } from "./disconnect-notice.ts";
import type { Target } from "./target.ts";

/**
 * An operation on clients and rooms.
 *
 * One operation joins or leaves all its rooms: the first of them may change the clients that the target
 * names.
 */
export type Operation =
  | { readonly type: "join"; readonly target: Target; readonly rooms: readonly string[] }
  | { readonly type: "leave"; readonly target: Target; readonly rooms: readonly string[] }
  | { readonly type: "close room"; readonly namespace: string; readonly room: string }
  | {
      readonly type: "disconnect";
      readonly target: Target;
      /** Whether the clients' whole connections end. */
      readonly close: boolean;
      /** The reason that the clients get before; `null` for none. */
      readonly notice: DisconnectNotice | null;
    };
