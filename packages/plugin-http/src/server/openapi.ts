import type { HttpRoute } from "@hotlinejs/core";
import { z } from "zod";

type Json = Record<string, unknown>;

/** OpenAPI 3.1 description of the routes, from their zod schemas. */
export function describeRoutes(routes: readonly { readonly plugin: string; readonly route: HttpRoute }[], info: { readonly title: string; readonly version: string }): Json {
  const paths: Record<string, Json> = {};
  for (const { plugin, route } of routes) {
    const path = route.path.replace(/[:*](\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(plugin, route);
  }
  return {
    openapi: "3.1.0",
    info,
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "hotline_session" },
      },
      schemas: {
        Error: {
          type: "object",
          required: ["code", "message", "details"],
          properties: { code: { type: "string", examples: ["HTL_HTTP_BAD_INPUT"] }, message: { type: "string" }, details: { type: "object" } },
        },
      },
    },
  };
}

function operation(plugin: string, route: HttpRoute): Json {
  const names = [...route.path.matchAll(/[:*](\w+)/g)].map((match) => match[1] ?? "");
  const params = fields(route.params);
  const query = fields(route.query);
  const isPublic = route.permission === "public";
  const failure = { content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } };
  return {
    summary: route.summary,
    tags: [plugin],
    operationId: `${route.method.toLowerCase()}${route.path.replace(/[^A-Za-z0-9]+(.)?/g, (_all, next: string | undefined) => (next ?? "").toUpperCase())}`,
    "x-permission": route.permission,
    ...(isPublic ? { security: [] } : { security: [{ bearer: [] }, { session: [] }] }),
    parameters: [
      ...names.map((name) => ({ name, in: "path", required: true, schema: params.properties[name] ?? { type: "string" } })),
      ...Object.entries(query.properties).map(([name, schema]) => ({ name, in: "query", required: query.required.includes(name), schema })),
    ],
    ...(route.body ? { requestBody: { required: true, content: { "application/json": { schema: schemaOf(route.body, "input") } } } } : {}),
    responses: {
      ...(route.output ? { "200": { description: "OK", content: { "application/json": { schema: schemaOf(route.output, "output") } } } } : { "2XX": { description: "OK" } }),
      ...(isPublic ? {} : { "401": { description: "Not signed in", ...failure }, "403": { description: "Not allowed", ...failure } }),
      default: { description: "Error", ...failure },
    },
  };
}

function fields(schema: z.ZodType | undefined): { properties: Record<string, unknown>; required: readonly string[] } {
  if (schema === undefined) return { properties: {}, required: [] };
  const { properties, required } = schemaOf(schema, "input") as { properties?: Record<string, unknown>; required?: string[] };
  return { properties: properties ?? {}, required: required ?? [] };
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
