import { useEffect, useState } from "react";
import type { CallError, ClientSocket } from "roomcast/client";
import { useCall } from "roomcast/react";
import type { chat, Message } from "../contract.ts";
import type { Room } from "../rooms.ts";

/** A message that the server does not have yet, as far as the page knows. */
export interface Letter {
  readonly id: string;
  readonly room: Room;
  readonly text: string;
  /** Why it was not taken. Without a problem it is on its way, or waits for the connection. */
  readonly problem?: string;
}

/** Sends messages, and keeps each until the server has it: while offline, and when the page is reloaded. */
export function useOutbox(
  socket: ClientSocket<typeof chat>,
  me: string,
  onDelivered: (message: Message) => void,
) {
  const place = `outbox of ${me}`;
  const [letters, setLetters] = useState<readonly Letter[]>(() =>
    JSON.parse(sessionStorage.getItem(place) ?? "[]"),
  );
  const { call: say, error } = useCall(socket, "say");
  useEffect(() => sessionStorage.setItem(place, JSON.stringify(letters)), [place, letters]);

  function deliver({ id, room, text }: Letter) {
    setLetters((before) => [...before.filter((letter) => letter.id !== id), { id, room, text }]);
    // With retries, a call waits for a connection. The server knows a message that comes twice by its id.
    say({ id, room, text }, { retries: 3, timeout: 10_000 }).then(
      (message) => {
        onDelivered(message);
        discard(id);
      },
      ({ code, message }: CallError<typeof chat, "say">) => {
        // After a logout it waits for the next login.
        if (code !== "logout") setProblem(id, code === "muted" ? "Too fast" : message);
      },
    );
  }

  function setProblem(id: string, problem: string) {
    setLetters((before) => before.map((letter) => (letter.id === id ? { ...letter, problem } : letter)));
  }

  function discard(id: string) {
    setLetters((before) => before.filter((letter) => letter.id !== id));
  }

  useEffect(() => {
    // What the page had not sent when it was closed or reloaded.
    for (const letter of letters) if (!letter.problem) deliver(letter);
  }, []);

  return {
    letters,
    /** Why the latest message was not taken; `undefined` if it was. */
    error,
    send: (room: Room, text: string) => deliver({ id: crypto.randomUUID(), room, text }),
    deliver,
    discard,
  };
}
