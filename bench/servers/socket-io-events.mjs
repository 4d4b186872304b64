/** The benchmark's events on a Socket.IO server, with any engine. */

/** @param {import("socket.io").Server} io */
export function handleEvents(io) {
  let counted = 0;
  io.on("connection", (socket) => {
    socket.on("echo", (message) => socket.emit("echo", message));
    socket.on("ack", (message, answer) => answer(message));
    socket.on("binary", (bytes) => socket.emit("binary", bytes));
    socket.on("broadcast", (message) => io.emit("broadcast", message));
    socket.on("burst", (count, message) => {
      for (let index = 0; index < count; index += 1) io.emit("burst", message);
    });
    socket.on("join", (room) => {
      socket.join(room);
      socket.emit("joined");
    });
    socket.on("leave", (room) => {
      socket.leave(room);
      socket.emit("left");
    });
    socket.on("room", (room, message) => io.to(room).emit("room", message));
    socket.on("sink", () => {
      counted += 1;
    });
    socket.on("flush", () => socket.emit("flushed", counted));
  });
}
