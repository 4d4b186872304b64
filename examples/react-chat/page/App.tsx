import { useLatest, useSocket } from "roomcast/react";
import type { chat } from "../contract.ts";
import { Chat } from "./Chat.tsx";
import { Login } from "./Login.tsx";

/** The login, or the chat: the server decides, since it refuses visitors without a login. */
export function App() {
  // The contract is imported as a type alone, so that Zod stays on the server.
  const { socket, state, error } = useSocket<typeof chat>();
  const welcome = useLatest(socket, "welcome");

  if (state === "closed" && (error?.code === "login" || error?.code === "logout"))
    return <Login notice={error.code === "logout" ? error.message : ""} onLogin={() => socket.connect()} />;
  if (state === "closed")
    return (
      <main className="card" role="alert">
        <p>{error?.message}</p>
        <button type="button" onClick={() => socket.connect()}>
          Connect
        </button>
      </main>
    );
  if (!welcome)
    return (
      <main className="card" role="status">
        <p>Connecting…</p>
        {error && <p className="hint">{error.message} Trying again.</p>}
      </main>
    );
  return <Chat key={welcome.name} socket={socket} state={state} me={welcome.name} />;
}
