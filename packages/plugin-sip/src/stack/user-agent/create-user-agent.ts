import type { UserAgent, UserAgentOptions } from "./types.js";
import { StackUserAgent } from "./user-agent.js";

/** Makes a user agent. Nothing is bound before `start()`. Throws `SipError` for options that cannot be. */
export function createUserAgent(options: UserAgentOptions): UserAgent {
  return new StackUserAgent(options);
}
