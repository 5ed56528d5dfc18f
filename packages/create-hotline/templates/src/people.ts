import { names } from "./prompts.js";

/**
 * Made at the first start; after that the database is the truth. `demo` passwords are taken on
 * loopback only: set HOTLINE_ADMIN_PASSWORD and give people their own before others can reach this machine.
 */
export const users = [
  { username: "admin", password: "demo-admin", displayName: "admin", roles: ["admin"], demo: true },
  { username: "1001", password: "demo-1001", displayName: names.agent, roles: ["agent"], agentNumber: "1001", demo: true },
];

export const agents = [{ number: "1001", name: names.agent, queues: ["general"] }]; // with acd
