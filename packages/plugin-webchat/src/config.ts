import { z } from "zod";

export const webchatConfig = z.strictObject({
  /** Queue of plugin-acd that serves chats. */
  queue: z.string().min(1).default("general"),
  /** A chat in which the citizen says nothing for so long is ended, minutes. */
  idleMinutes: z.number().min(1).max(1_440).default(20),
  /** Chats one address may open in an hour. */
  chatsPerHour: z.int().min(1).max(10_000).default(20),
  /** Messages a minute within a chat. */
  messagesPerMinute: z.int().min(1).max(600).default(30),
  /** So long a colleague to whom a chat is given may take to have room for it, seconds; then it stays where it is. */
  transferSeconds: z.number().min(5).max(3_600).default(60),
  /** Nature of the ticket that is made of a chat nobody served. */
  unservedKind: z.string().min(1).default("consultation"),
});

export type WebchatConfig = z.output<typeof webchatConfig>;
