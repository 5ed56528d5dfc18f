import { defineRoute, SETTINGS, type HttpReply, type HttpRoute, type Principal } from "@hotlinejs/core";
import { z } from "zod";
import { HTTP_COOKIES, HTTP_SESSIONS } from "../contract.js";
import { readBearerToken, readSessionCookie, sessionCookie } from "../domain/session-cookie.js";
import { httpErrors } from "../errors.js";
import { HTTP_HOME } from "../http-internals.js";

const user = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
  departmentCode: z.string().nullable(),
  agentNumber: z.string().nullable(),
});

export const authRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "POST",
    path: "/api/auth/login",
    permission: "public",
    summary: "Signs in: a bearer token, and the same as a session cookie",
    body: z.strictObject({ username: z.string().min(1).max(256), password: z.string().max(1024) }),
    output: z.object({ token: z.string(), user }),
    handler: async ({ services, body, remoteAddress, headers }): Promise<HttpReply> => {
      const cookies = services.get(HTTP_COOKIES);
      const { principal, token } = await services.get(HTTP_SESSIONS).signIn(body.username, body.password, { remoteAddress, userAgent: headers["user-agent"] });
      return { kind: "reply", status: 200, headers: { "Set-Cookie": sessionCookie(token, cookies.secure, cookies.maxAgeSeconds) }, body: { token, user: describe(principal) } };
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/auth/logout",
    permission: "authenticated",
    summary: "Ends this session, or with `all` every session of the user",
    body: z.strictObject({ all: z.boolean().default(false) }).optional(),
    handler: async ({ services, body, headers, principal }): Promise<HttpReply> => {
      const cookies = services.get(HTTP_COOKIES);
      const sessions = services.get(HTTP_SESSIONS);
      const token = readBearerToken(headers.authorization) ?? readSessionCookie(headers.cookie, cookies.secure);
      if (body?.all === true && principal) await sessions.endAll(principal.userId);
      else if (token !== undefined) await sessions.end(token);
      return { kind: "reply", status: 204, headers: { "Set-Cookie": sessionCookie("", cookies.secure, 0) } };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/auth/session",
    permission: "public",
    summary: "Whether I am signed in; and, where published passwords are good, an account to sign in with",
    output: z.object({ signedIn: z.boolean(), demo: z.object({ username: z.string(), password: z.string() }).nullable() }),
    handler: ({ services, principal }) => {
      const demo = services.get(SETTINGS).loopbackOnly ? services.get(HTTP_HOME).actions.find((action) => action.demo !== undefined)?.demo : undefined;
      return Promise.resolve({ signedIn: principal !== undefined, demo: demo ?? null });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/auth/me",
    permission: "authenticated",
    summary: "Who I am and what I may do",
    output: z.object({ user }),
    handler: ({ principal }) => {
      if (!principal) throw httpErrors.NOT_SIGNED_IN();
      return Promise.resolve({ user: describe(principal) });
    },
  }),
];

function describe(principal: Principal): z.output<typeof user> {
  return {
    id: principal.userId,
    username: principal.username,
    displayName: principal.displayName,
    roles: [...principal.roles],
    permissions: [...principal.permissions].sort(),
    departmentCode: principal.departmentCode ?? null,
    agentNumber: principal.agentNumber ?? null,
  };
}
