import { z } from "zod";
import { defineRoute } from "@hotlinejs/core";
import type { HttpRoute } from "@hotlinejs/core";
import { SURVEYS } from "../contract.js";

export const READ = "surveys.read";

export const surveyRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/surveys",
    permission: READ,
    summary: "Surveys",
    async handler({ services }) {
      return { items: await services.get(SURVEYS).list(), next: null };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/surveys/:key/results",
    permission: READ,
    summary: "Counts by answer over business dates (both inclusive)",
    params: z.object({ key: z.string().min(1).max(100) }),
    query: z.strictObject({ from: z.iso.date().optional(), to: z.iso.date().optional() }),
    async handler({ params, query, services }) {
      return services.get(SURVEYS).results(params.key, query);
    },
  }),
];
