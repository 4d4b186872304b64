export declare const packedPages: readonly string[];
export declare function withAbsoluteLinks(markdown: string): string;
