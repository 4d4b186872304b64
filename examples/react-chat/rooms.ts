/** The rooms of the chat, for the server and the page. */
export const rooms = ["general", "help", "random"] as const;

export type Room = (typeof rooms)[number];
