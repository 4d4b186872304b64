/** The client side of the parser in docs/parsers.md. */

const types = ["connect", "disconnect", "event", "ack", "connect_error"];

class Encoder {
  encode({ type, nsp, data, id }) {
    return [JSON.stringify({ type: types[type], namespace: nsp, data, id })];
  }
}

class Decoder {
  listener = () => {};
  on(_decoded, listener) {
    this.listener = listener;
  }
  off() {
    this.listener = () => {};
  }
  add(message) {
    const { type, namespace, data, id } = JSON.parse(message);
    this.listener({ type: types.indexOf(type), nsp: namespace, data, id });
  }
  destroy() {}
}

export const parser = { Encoder, Decoder };
