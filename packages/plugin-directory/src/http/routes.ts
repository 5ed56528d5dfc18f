import { defineRoute, DIRECTORY, type HttpRoute } from "@hotlinejs/core";
import { z } from "zod";
import { seedUser } from "../config.js";
import { DIRECTORY_ADMIN } from "../contract.js";
import { directoryErrors } from "../errors.js";

const userId = z.strictObject({ id: z.string().min(1).max(64) });
const displayName = z.string().trim().min(1).max(100);
const roles = z.array(z.string().min(1).max(40)).max(50);
const agentNumber = z.string().regex(/^\d{2,8}$/).nullable();
const departmentCode = z.string().regex(/^\d{3}$/).nullable();
/** Strength is the policy's to judge, with its own codes. */
const password = z.string().max(1000);

const user = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  roles: z.array(z.string()),
  agentNumber: z.string().nullable(),
  departmentCode: z.string().nullable(),
  active: z.boolean(),
});
const department = z.object({ code: z.string(), name: z.string(), shortName: z.string(), extension: z.string().nullable(), offered: z.boolean() });
const staff = z.object({ code: z.string(), name: z.string(), departmentCode: z.string(), offered: z.boolean() });
const role = z.object({ name: z.string(), title: z.string(), permissions: z.array(z.string()) });
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.null() });

/** Lists here are short (hundreds): one page. */
const whole = <T>(items: readonly T[]) => ({ items, next: null });

export const directoryRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/directory/users",
    permission: "directory.users.read",
    summary: "All accounts",
    output: page(user),
    handler: async ({ services }) => whole(await services.get(DIRECTORY).listUsers()),
  }),
  defineRoute({
    method: "POST",
    path: "/api/directory/users",
    permission: "directory.users.manage",
    summary: "A new account",
    body: z.strictObject({ username: seedUser.shape.username, password: password.optional(), displayName, roles: roles.optional(), agentNumber: agentNumber.optional(), departmentCode: departmentCode.optional() }),
    output: user,
    handler: async ({ services, body, principal }) => ({ kind: "reply" as const, status: 201, body: await services.get(DIRECTORY_ADMIN).createUser(body, signedIn(principal)) }),
  }),
  defineRoute({
    method: "PATCH",
    path: "/api/directory/users/:id",
    permission: "directory.users.manage",
    summary: "Changes an account",
    params: userId,
    body: z.strictObject({ displayName, roles, agentNumber, departmentCode, active: z.boolean() }).partial(),
    output: user,
    handler: ({ services, params, body, principal }) => services.get(DIRECTORY_ADMIN).updateUser(params.id, body, signedIn(principal)),
  }),
  defineRoute({
    method: "POST",
    path: "/api/directory/users/:id/password",
    permission: "directory.users.manage",
    summary: "Sets an account's password; its sessions end",
    params: userId,
    body: z.strictObject({ password }),
    handler: ({ services, params, body, principal }) => services.get(DIRECTORY_ADMIN).setPassword(params.id, body.password, signedIn(principal)),
  }),
  defineRoute({
    method: "POST",
    path: "/api/directory/password",
    permission: "authenticated",
    summary: "Changes one's own password; all one's sessions end",
    body: z.strictObject({ present: password, next: password }),
    handler: ({ services, body, principal, remoteAddress }) => services.get(DIRECTORY_ADMIN).changePassword(signedIn(principal), body.present, body.next, remoteAddress),
  }),
  defineRoute({
    method: "GET",
    path: "/api/directory/roles",
    permission: "directory.users.read",
    summary: "All roles with their permissions",
    output: page(role),
    handler: async ({ services }) => whole(await services.get(DIRECTORY_ADMIN).listRoles()),
  }),
  defineRoute({
    method: "PUT",
    path: "/api/directory/roles/:name",
    permission: "directory.users.manage",
    summary: "Makes or changes a role",
    params: z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/) }),
    body: z.strictObject({ title: z.string().trim().min(1).max(60).optional(), permissions: z.array(z.string().min(1).max(100)).max(1000) }),
    output: role,
    handler: ({ services, params, body, principal }) => services.get(DIRECTORY_ADMIN).setRole({ name: params.name, ...body }, signedIn(principal)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/directory/departments",
    permission: "directory.departments.read",
    summary: "All departments",
    output: page(department),
    handler: async ({ services }) => whole(await services.get(DIRECTORY).listDepartments()),
  }),
  defineRoute({
    method: "GET",
    path: "/api/directory/staff",
    permission: "directory.departments.read",
    summary: "Staff codes, of one department or all",
    query: z.strictObject({ department: z.string().regex(/^\d{3}$/).optional() }),
    output: page(staff),
    handler: async ({ services, query }) => whole(await services.get(DIRECTORY_ADMIN).listStaff(query.department)),
  }),
];

function signedIn<P>(principal: P | undefined): P {
  // The server lets nobody without a session reach these routes.
  if (principal === undefined) throw directoryErrors.NOT_ABOVE();
  return principal;
}
