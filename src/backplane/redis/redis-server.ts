/** The parts of the Redis package that links use. */

/** The package that speaks to Redis. */
export type RedisPackage = typeof import("@redis/client");

/** Hears the messages of a channel. */
export type ChannelListener = (message: Buffer, channel: Buffer) => void;

/** A client of one server, or of the primary that Sentinel names: the part of it that is used. */
export interface RedisServer {
  readonly isOpen: boolean;
  on(event: string, listener: (value: unknown) => void): unknown;
  removeAllListeners(event: string): unknown;
  destroy(): void;
  publish(channel: string, message: Buffer): Promise<unknown>;
  sPublish(channel: string, message: Buffer | string): Promise<unknown>;
  subscribe(channels: string[], listener: ChannelListener, asBytes: true): Promise<unknown>;
  unsubscribe(channels: string[], listener: ChannelListener, asBytes: true): Promise<unknown>;
  sSubscribe(channels: string[], listener: ChannelListener, asBytes: true): Promise<unknown>;
  sUnsubscribe(channels: string[], listener: ChannelListener, asBytes: true): Promise<unknown>;
  pSubscribe(patterns: string[], listener: ChannelListener, asBytes: true): Promise<unknown>;
  pUnsubscribe(patterns: string[], listener: ChannelListener, asBytes: true): Promise<unknown>;
  scriptLoad(text: string): Promise<unknown>;
  sendCommand(words: (string | Buffer)[], options?: object): Promise<unknown>;
  ping(): Promise<unknown>;
  hello(): Promise<unknown>;
}
