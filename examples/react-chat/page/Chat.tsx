import { useEffect, useState } from "react";
import type { ClientSocket, ClientState } from "roomcast/client";
import { usePresence } from "roomcast/react";
import type { chat } from "../contract.ts";
import { rooms } from "../rooms.ts";
import { Composer } from "./Composer.tsx";
import { MessageList } from "./MessageList.tsx";
import { post } from "./post.ts";
import { Refusal } from "./Refusal.tsx";
import { useMessages } from "./use-messages.ts";
import { useOutbox } from "./use-outbox.ts";
import { useRoom } from "./use-room.ts";
import { useTyping } from "./use-typing.ts";

interface ChatProps {
  readonly socket: ClientSocket<typeof chat>;
  readonly state: ClientState;
  readonly me: string;
}

export function Chat({ socket, state, me }: ChatProps) {
  const room = useRoom();
  const people = usePresence(socket, "people");
  const { list, read, dispatch } = useMessages(socket, state);
  const outbox = useOutbox(socket, me, (message) => dispatch({ type: "said", message }));
  const typing = useTyping(socket, room);
  const [logoutProblem, setLogoutProblem] = useState("");

  const messages = list.filter((message) => message.room === room);
  // The event with one's own message comes ahead of the answer, which takes the letter away.
  const letters = outbox.letters.filter(
    (letter) => letter.room === room && !messages.some(({ id }) => id === letter.id),
  );
  const latest = messages.at(-1)?.number;
  useEffect(() => {
    if (latest !== undefined) dispatch({ type: "read", room });
  }, [room, latest, dispatch]);

  const unread = (of: string) =>
    list.filter(
      (message) => message.room === of && message.room !== room && message.number > (read[message.room] ?? 0),
    ).length;

  return (
    <div className="chat">
      <header>
        <h1>Chat</h1>
        <span className="me">{me}</span>
        <button type="button" onClick={async () => setLogoutProblem(await post("/logout"))}>
          Log out
        </button>
      </header>
      <p className="banner" role="status">
        {state === "offline" ? "Offline. What you write is sent when the connection is back." : logoutProblem}
      </p>
      <nav aria-label="Rooms">
        {rooms.map((each) => (
          <a key={each} href={`#${each}`} aria-current={each === room ? "page" : undefined}>
            # {each}
            {unread(each) > 0 && (
              <span className="unread">
                {unread(each)}
                <span className="hidden"> new</span>
              </span>
            )}
          </a>
        ))}
      </nav>
      <main>
        <h2># {room}</h2>
        <MessageList
          key={room}
          messages={messages}
          letters={letters}
          me={me}
          isConnected={state === "connected"}
          onRetry={outbox.deliver}
          onDiscard={(letter) => outbox.discard(letter.id)}
        />
        <p className="typing" aria-live="polite">
          {typing.names.length > 0 &&
            `${typing.names.join(", ")} ${typing.names.length > 1 ? "are" : "is"} typing…`}
        </p>
        <Refusal error={outbox.error} />
        <Composer
          key={`composer of ${room}`}
          room={room}
          onTyping={typing.tell}
          onSend={(text) => outbox.send(room, text)}
        />
      </main>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard can scroll it */}
      <aside aria-label="Online" tabIndex={0}>
        <h2>
          Online <span className="count">{people.length}</span>
        </h2>
        <ul>
          {people
            .toSorted((one, other) => one.localeCompare(other))
            .map((name) => (
              <li key={name}>
                {name}
                {name === me && " (you)"}
              </li>
            ))}
        </ul>
      </aside>
    </div>
  );
}
