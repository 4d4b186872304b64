import { describe, expect, it, vi } from "vitest";
import { jsonCodec } from "../../../src/core/packet/codec.ts";
import { acceptedSocket, loneSocket } from "../lone-socket.ts";

const packet = (name: string, flags = {}) => jsonCodec.event("/", name, [], flags).plain();

describe("Socket", () => {
  it("holds packets until it is accepted", () => {
    const { socket, client } = loneSocket();
    expect(socket.deliver(packet("first"))).toBe(true);
    expect(socket.deliver(packet("second"))).toBe(true);
    expect(client.sent).toEqual([]);
    socket.accept();
    socket.deliver(packet("third"));
    expect(client.sent).toEqual(['40{"sid":"ada"}', '42["first"]', '42["second"]', '42["third"]']);
  });

  it("names its namespace in the acceptance", () => {
    const { socket, client } = loneSocket("ada", "/chat");
    socket.accept();
    expect(client.sent).toEqual(['40/chat,{"sid":"ada"}']);
  });

  it("drops volatile packets until it is accepted", () => {
    const { socket, client } = loneSocket();
    expect(socket.deliver(packet("news", { volatile: true }))).toBe(false);
    socket.accept();
    expect(client.sent).toEqual(['40{"sid":"ada"}']);
    expect(socket.deliver(packet("news", { volatile: true }))).toBe(true);
  });

  it("is accepted once, and never after it was closed", () => {
    const { socket, client } = loneSocket();
    expect([socket.isConnected, socket.isClosed]).toEqual([false, false]);
    socket.accept();
    socket.accept();
    expect(client.sent).toHaveLength(1);
    expect([socket.isConnected, socket.isClosed]).toEqual([true, false]);

    const refused = loneSocket();
    refused.socket.deliver(packet("held"));
    refused.socket.close("transport close");
    refused.socket.accept();
    expect(refused.client.sent).toEqual([]);
    expect([refused.socket.isConnected, refused.socket.isClosed]).toEqual([false, true]);
  });

  it("sends nothing after it was closed", () => {
    const { socket, client } = acceptedSocket();
    socket.close("transport close");
    expect(socket.deliver(packet("late"))).toBe(false);
    expect(client.sent).toEqual([]);
  });

  it("tells its client of its end once, and whether it had been accepted", () => {
    const { socket, client } = acceptedSocket();
    socket.close("ping timeout");
    socket.close("transport close");
    expect(client.closed).toEqual([{ reason: "ping timeout", wasAccepted: true }]);
    expect(socket.closeReason).toBe("ping timeout");

    const early = loneSocket();
    early.socket.close("transport close");
    expect(early.client.closed).toEqual([{ reason: "transport close", wasAccepted: false }]);
  });

  it("says goodbye when the application disconnects it", () => {
    const { socket, client } = acceptedSocket("ada", "/chat");
    socket.deliver(packet("last"));
    socket.disconnect();
    expect(client.sent).toEqual(['42["last"]', "41/chat,"]);
    expect(client.closed).toEqual([{ reason: "server namespace disconnect", wasAccepted: true }]);
    socket.disconnect();
    expect(client.sent).toHaveLength(2);
  });

  it("is refused when the application disconnects it before it is accepted", () => {
    const { socket, client } = loneSocket();
    socket.deliver(packet("held"));
    socket.disconnect();
    socket.accept();
    expect(client.sent).toEqual(["refused in /"]);
    expect(client.closed).toEqual([{ reason: "server namespace disconnect", wasAccepted: false }]);
  });

  describe("when an answer is asked for", () => {
    const event = jsonCodec.event("/", "ask", ["why"]);
    const listener = () => ({ onAnswer: vi.fn(), onGone: vi.fn() });

    it("sends the event with an id and hands on the answer", () => {
      const { socket, client } = acceptedSocket();
      const asking = listener();
      socket.request(event, asking);
      socket.request(event, listener());
      expect(client.sent).toEqual(['421["ask","why"]', '422["ask","why"]']);
      expect(socket.pendingAcknowledgements).toBe(2);
      expect(socket.answer(1, ["because"])).toBe(true);
      expect(asking.onAnswer).toHaveBeenCalledExactlyOnceWith(["because"]);
      expect(socket.pendingAcknowledgements).toBe(1);
    });

    it("takes no answer after its listener has stopped waiting", () => {
      const { socket } = acceptedSocket();
      const asking = listener();
      const stop = socket.request(event, asking);
      stop();
      expect(socket.answer(1, [])).toBe(false);
      expect(asking.onAnswer).not.toHaveBeenCalled();
      expect(socket.pendingAcknowledgements).toBe(0);
    });

    it("tells listeners that the client has left", () => {
      const { socket } = acceptedSocket();
      const [before, after] = [listener(), listener()];
      socket.request(event, before);
      socket.close("transport close");
      socket.request(event, after);
      expect(before.onGone).toHaveBeenCalledOnce();
      expect(after.onGone).toHaveBeenCalledOnce();
    });

    it("waits for no answer to what was dropped", () => {
      const { socket } = loneSocket();
      const asking = listener();
      socket.request(jsonCodec.event("/", "ask", [], { volatile: true }), asking);
      expect(asking.onGone).toHaveBeenCalledOnce();
      expect(socket.pendingAcknowledgements).toBe(0);
    });
  });
});
