/** Shows in the element `#status` how the connection of a page's socket is. */
globalThis.showStatus = (socket) => {
  const show = (text) => {
    document.getElementById("status").textContent = text;
  };
  show("Connecting…");
  socket.on("connect", () => show("Connected"));
  socket.on("disconnect", () => show(socket.active ? "Connection lost, reconnecting…" : "Disconnected"));
  socket.on("connect_error", (error) =>
    show(socket.active ? "Server not reachable, trying again…" : `Refused: ${error.message}`),
  );
};
