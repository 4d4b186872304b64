/** A whiteboard, in CommonJS: lines that a visitor draws go to the others, and to all that come later. */

const { createServer } = require("node:http");
const express = require("express");
const { Server } = require("socket.io");

const app = express();
const http = createServer(app);
const io = new Server(http, { maxHttpBufferSize: 1e5, pingInterval: 10_000 });
const lines = [];

app.get("/lines", (_req, res) => res.json(lines.length));

io.on("connection", (socket) => {
  for (const line of lines) socket.emit("drawing", line);

  socket.on("drawing", (line) => {
    lines.push(line);
    socket.broadcast.emit("drawing", line);
  });

  socket.on("clear", (done) => {
    lines.length = 0;
    io.emit("clear");
    if (typeof done === "function") done({ ok: true });
  });

  // A picture of the board, as bytes.
  socket.on("snapshot", (bytes, done) => done(bytes.length, Buffer.concat([bytes, Buffer.from([255])])));
});

const port = process.env.PORT || 3000;
http.listen(port, () => console.log("listening on", http.address().port));
