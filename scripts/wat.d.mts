/** The TypeScript that holds the module of `src/websocket/unmasker.wat` as bytes. */
export declare function assemble(): Promise<string>;
