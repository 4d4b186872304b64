import { useEffect, useRef } from "react";
import type { Message } from "../contract.ts";
import type { Letter } from "./use-outbox.ts";

interface MessageListProps {
  readonly messages: readonly Message[];
  /** What waits, below the messages. */
  readonly letters: readonly Letter[];
  readonly me: string;
  readonly isConnected: boolean;
  readonly onRetry: (letter: Letter) => void;
  readonly onDiscard: (letter: Letter) => void;
}

export function MessageList({ messages, letters, me, isConnected, onRetry, onDiscard }: MessageListProps) {
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // One's own message is shown even to a user that has scrolled back.
    if (letters.length > 0) log.current?.scrollTo({ top: 0 });
  }, [letters.length]);

  return (
    // The style sheet shows it from its end, so 0 is the end.
    <div
      ref={log}
      className="log"
      role="log"
      aria-label="Messages"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard can scroll it
      tabIndex={0}
    >
      <div>
        {messages.length + letters.length === 0 && <p className="hint">Nothing was said here yet.</p>}
        {messages.map((message, index) => (
          <Line
            key={message.id}
            from={message.from}
            at={message.at}
            isOwn={message.from === me}
            isContinued={
              messages[index - 1]?.from === message.from &&
              message.at - (messages[index - 1]?.at ?? 0) < 300_000
            }
            text={message.text}
          />
        ))}
        {letters.map((letter) => (
          <div key={letter.id} className="letter own">
            <p className="text">{letter.text}</p>
            <p className="hint">
              {letter.problem ? (
                <>
                  Not sent: {letter.problem}{" "}
                  <button type="button" onClick={() => onRetry(letter)}>
                    Send again
                  </button>{" "}
                  <button type="button" onClick={() => onDiscard(letter)}>
                    Discard
                  </button>
                </>
              ) : isConnected ? (
                "Sending…"
              ) : (
                "Waits for the connection"
              )}
            </p>
          </div>
        ))}
      </div>
    </div>
  );
}

interface LineProps {
  readonly from: string;
  readonly at: number;
  readonly text: string;
  readonly isOwn: boolean;
  /** Whether the line above is by the same person, and hardly older. */
  readonly isContinued: boolean;
}

function Line({ from, at, text, isOwn, isContinued }: LineProps) {
  const time = new Date(at);
  return (
    <div className={`line${isOwn ? " own" : ""}${isContinued ? " continued" : ""}`}>
      {!isContinued && (
        <p className="from">
          <b>{from}</b>{" "}
          <time dateTime={time.toISOString()}>
            {time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
          </time>
        </p>
      )}
      <p className="text">{text}</p>
    </div>
  );
}
