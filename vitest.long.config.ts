import { defineConfig } from "vitest/config";
import base from "./vitest.config.js";

/** Soak, volume and fuzz: `npm run test:long`. */
const { test, ...rest } = base;
export default defineConfig({ ...rest, test: { ...test, include: ["packages/*/test/**/*.long.ts", "examples/*/test/**/*.long.ts"], testTimeout: 3_600_000, hookTimeout: 600_000 } });
