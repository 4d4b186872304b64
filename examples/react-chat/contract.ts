/** What the page and the server say to each other. The server checks each event; the page has its types. */

import { contract, event, type } from "roomcast/contract";
import * as z from "zod";
import { rooms } from "./rooms.ts";

const room = z.enum(rooms);
const name = z.string().regex(/^[\p{L}\p{N}_-]{2,20}$/u);

/** What the page sends. The page chooses the id, so a message that is sent twice is still one. */
const letter = z.object({ id: z.uuid(), room, text: z.string().trim().min(1).max(1000) });

/** What everyone gets. Numbers grow; `at` is in ms since 1970. */
const message = letter.extend({ number: z.int(), from: name, at: z.number() });

export type Message = z.infer<typeof message>;

export const chat = contract({
  client: {
    enter: event(room, { answer: z.array(message) }), // the latest messages
    say: event(letter, { answer: message, errors: { muted: z.object({ until: z.number() }) } }),
    typing: event(room),
  },
  server: {
    welcome: event(z.object({ name })),
    people: event(
      z.union([z.array(name), z.object({ online: z.array(name) }), z.object({ offline: z.array(name) })]),
    ),
    said: event(message),
    typing: event(z.object({ room, name })),
  },
  errors: { login: type(), logout: type() }, // there is no login yet, or it has ended
  session: z.object({ name, login: z.uuid() }),
});
