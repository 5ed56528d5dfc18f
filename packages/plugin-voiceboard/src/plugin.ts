import { CALL_PIPELINE, CLOCK, definePlugin, IDS, MEDIA } from "@hotlinejs/core";
import { voiceboardConfig } from "./config.js";
import { VOICEBOARD } from "./contract.js";
import { lineRoutes, USE, VIEW } from "./http/line-routes.js";
import { VIRTUAL_BOARD, VirtualBoard } from "./virtual/index.js";
import { VoiceboardAdapter } from "./voiceboard-adapter.js";

/** Lines of computer voice boards, and virtual ones to try and test without hardware. */
export const voiceboard = definePlugin({
  name: "voiceboard",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["media"],
  config: voiceboardConfig,
  provides: [VOICEBOARD, VIRTUAL_BOARD],
  permissions: [
    { name: VIEW, roles: ["supervisor"], description: "See the lines of voice boards" },
    { name: USE, description: "Place calls on virtual lines, to try the hotline out" },
  ],
  routes: lineRoutes,
  register({ config, services, log, onReady, onStart, onDrain, onStop, health }) {
    const virtual = new VirtualBoard({ lines: config.virtualLines, number: config.virtualNumber });
    let adapter: VoiceboardAdapter | undefined;
    services.provide(VIRTUAL_BOARD, () => virtual);
    services.provide(VOICEBOARD, () => ({ lines: () => adapter?.lines() ?? [], get calls() { return adapter?.calls ?? 0; } }));

    onReady(() => {
      adapter = new VoiceboardAdapter({
        config,
        drivers: [...(config.virtualLines > 0 ? [virtual] : []), ...config.drivers],
        clock: services.get(CLOCK),
        ids: services.get(IDS),
        log,
        pipeline: services.get(CALL_PIPELINE),
        media: () => services.get(MEDIA),
      });
      services.get(CALL_PIPELINE).register(adapter);
    });
    onStart(() => adapter?.start());
    onDrain(() => adapter?.drain());
    onStop(() => adapter?.stop());
    health(() => {
      const lines = adapter?.lines() ?? [];
      const dead = lines.filter(({ state }) => state === "out-of-service").map(({ key }) => key);
      return { ok: dead.length === 0, ...(dead.length === 0 ? {} : { message: `out of service: ${dead.join(", ")}` }), details: { lines: lines.length, calls: adapter?.calls ?? 0 } };
    });
  },
});
