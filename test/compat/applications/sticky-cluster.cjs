/** A primary process that gives each client to the same one of its two workers, with `@socket.io/sticky`. */

const cluster = require("node:cluster");
const http = require("node:http");
const { setupMaster, setupWorker } = require("@socket.io/sticky");
const { Server } = require("socket.io");

if (cluster.isPrimary) {
  const server = http.createServer();
  setupMaster(server, { loadBalancingMethod: "round-robin" });
  const workers = [cluster.fork(), cluster.fork()];
  let ready = 0;
  for (const worker of workers) {
    worker.on("message", (message) => {
      if (message !== "ready") return;
      ready += 1;
      if (ready < workers.length) return;
      server.listen(process.env.PORT ?? 3000, () => console.log("listening on", server.address().port));
    });
  }
} else {
  const server = http.createServer();
  const io = new Server(server);
  setupWorker(io);
  io.on("connection", (socket) => {
    socket.on("echo", (value, answer) => answer(value, socket.conn.transport.name));
    socket.on("others", (answer) => answer(io.of("/").sockets.size));
    socket.on("disconnect", () => console.log("a client has left"));
  });
  process.send("ready");
}
