import { definePlugin, DIGEST_CREDENTIALS, MEDIA } from "@hotlinejs/core";
import type { MediaEngine } from "@hotlinejs/core";
import { z } from "zod";
import { credentials } from "./hotline-side.js";

/** Stands in for plugin-directory: five accounts. */
export const stubDirectory = definePlugin({
  name: "directory",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  config: z.strictObject({}),
  provides: [DIGEST_CREDENTIALS],
  register: ({ services }) => services.provide(DIGEST_CREDENTIALS, () => credentials),
});

/** Stands in for the media plugin. */
export function stubMedia(engine: MediaEngine) {
  return definePlugin({
    name: "media",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    config: z.strictObject({}),
    provides: [MEDIA],
    register: ({ services }) => services.provide(MEDIA, () => engine),
  })();
}
