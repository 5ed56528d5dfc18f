import type { Hotline } from "@hotlinejs/core";
import { fromEnvironment } from "./from-environment.js";

/** For `npx hotline` (package.json names this module): the hotline `npm start` would start. */
export const hotline = ({ environment }: { environment: Readonly<Record<string, string | undefined>> }): Hotline => fromEnvironment(environment);
