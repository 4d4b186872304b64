import { type KeyboardEvent, useState } from "react";
import type { Room } from "../rooms.ts";

interface ComposerProps {
  readonly room: Room;
  readonly onTyping: () => void;
  readonly onSend: (text: string) => void;
}

/** Where one writes. Enter sends, Shift+Enter begins a line; a draft stays with its room. */
export function Composer({ room, onTyping, onSend }: ComposerProps) {
  const place = `draft of ${room}`;
  const [text, setText] = useState(() => sessionStorage.getItem(place) ?? "");

  function change(value: string) {
    setText(value);
    sessionStorage.setItem(place, value);
  }

  function send() {
    if (text.trim() === "") return;
    onSend(text.trim());
    change("");
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes a word, Enter chooses it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        aria-label={`Message to ${room}`}
        placeholder={`Message to #${room}`}
        rows={1}
        maxLength={1000}
        autoComplete="off"
        enterKeyHint="send"
        // biome-ignore lint/a11y/noAutofocus: writing is what the page is for
        autoFocus
        value={text}
        onChange={(event) => {
          change(event.target.value);
          onTyping();
        }}
        onKeyDown={onKeyDown}
      />
      <button type="submit" className="primary">
        Send
      </button>
    </form>
  );
}
