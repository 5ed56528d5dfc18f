import type { Principal, ScreenAudience } from "@hotlinejs/core";

/** `user:<id>`, `agent:<工号>`, `department:<code>`, `permission:<name>`; `undefined`: nobody that is known. */
export function readAudience(to: string): ScreenAudience | undefined {
  const [, kind, value] = /^(user|agent|department|permission):(.+)$/.exec(to) ?? [];
  if (kind === undefined || value === undefined) return undefined;
  if (kind === "permission") return { permission: value };
  return kind === "user" ? { users: [value] } : kind === "agent" ? { agents: [value] } : { departments: [value] };
}

/** Every audience a person belongs to. */
export function audiencesOf(principal: Principal): readonly string[] {
  return [
    `user:${principal.userId}`,
    ...(principal.agentNumber === undefined ? [] : [`agent:${principal.agentNumber}`]),
    ...(principal.departmentCode === undefined ? [] : [`department:${principal.departmentCode}`]),
    ...[...principal.permissions].map((permission) => `permission:${permission}`),
  ];
}
