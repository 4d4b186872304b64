/** The project whose page is made with React and Vite. One process serves the page and the chat. */

import type { ProjectTemplate } from "./project-template.ts";

/** See the head of this file. */
export const reactTemplate: ProjectTemplate = {
  files: {
    "server.ts": `/** Serves the chat, and the page: from the folder dist in production, through Vite otherwise. */

import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import express from "express";
import { SocketIO } from "roomcast";
import { chat } from "./chat.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
const app = express();
const server = createServer(app);

if (process.argv.includes("--production")) {
  app.use(express.static(fileURLToPath(new URL("dist", import.meta.url))));
} else {
  const vite = await import("vite");
  // Changes of the page reach the browser over the same port.
  const { middlewares } = await vite.createServer({ root, server: { middlewareMode: true, hmr: { server } } });
  app.use(middlewares);
}

const socketio = new SocketIO(server);
chat(socketio);
await socketio.run({ port: Number(process.env.PORT ?? 5000) });
`,
    "index.html": `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Chat</title>
  <link rel="icon" href="data:,">
</head>
<body>
  <div id="root"></div>
  <script type="module" src="/page/main.tsx"></script>
</body>
</html>
`,
    "page/main.tsx": `import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.tsx";

const root = document.querySelector("#root");
if (root === null) throw new Error("The page has no #root.");
createRoot(root).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
);
`,
    "page/chat.tsx": `import { type FormEvent, useEffect, useState } from "react";
import { io } from "socket.io-client";

interface Line {
  from: string;
  text: string;
}

const socket = io({ autoConnect: false });
const name = new URLSearchParams(location.search).get("name") ?? "Guest";

/** Connects while the component is shown. StrictMode runs this twice, so the clean-up undoes all of it. */
function useChat(): Line[] {
  const [lines, setLines] = useState<Line[]>([]);
  useEffect(() => {
    const onConnect = () => socket.emit("enter", name);
    const onSaid = (line: Line) => setLines((before) => [...before, line].slice(-100));
    socket.on("connect", onConnect);
    socket.on("said", onSaid);
    socket.connect();
    return () => {
      socket.off("connect", onConnect);
      socket.off("said", onSaid);
      socket.disconnect();
    };
  }, []);
  return lines;
}

export function Chat() {
  const lines = useChat();
  const [text, setText] = useState("");

  async function send(event: FormEvent) {
    event.preventDefault();
    await socket.emitWithAck("say", text);
    setText("");
  }

  return (
    <main>
      <ul id="log">
        {lines.map((line, index) => (
          <li key={index}>
            {line.from}: {line.text}
          </li>
        ))}
      </ul>
      <form onSubmit={send}>
        <input value={text} onChange={(event) => setText(event.target.value)} placeholder="Say something" />
        <button type="submit">Send</button>
      </form>
    </main>
  );
}
`,
  },
  dependencies: ["express", "react", "react-dom", "socket.io-client", "tsx"],
  devDependencies: [
    ...["@types/express", "@types/node", "@types/react", "@types/react-dom", "typescript", "vite"],
  ],
};
