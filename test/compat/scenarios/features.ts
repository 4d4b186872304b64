/** Every feature that users of Socket.IO's clients rely on, in the order of the page. */

import { acknowledgements } from "./acknowledgements.ts";
import { binary } from "./binary.ts";
import { connecting } from "./connecting.ts";
import { disconnecting } from "./disconnecting.ts";
import { events } from "./events.ts";
import { namespaces } from "./namespaces.ts";
import { reconnecting } from "./reconnecting.ts";
import { recovering } from "./recovering.ts";
import { rooms } from "./rooms.ts";
import type { Feature } from "./scenario.ts";
import { sizes } from "./sizes.ts";

export const features: readonly Feature[] = [
  ...connecting,
  ...events,
  ...acknowledgements,
  ...binary,
  ...sizes,
  ...namespaces,
  ...rooms,
  ...disconnecting,
  ...reconnecting,
  ...recovering,
];
