import { definePlugin, EVENT_DEFINITIONS } from "@hotlinejs/core";
import type { EventEnvelope, EventName, Plugin } from "@hotlinejs/core";
import { z } from "zod";

/** Hears every event of the plugins present. First among the plugins, it hears each before anybody reacts to it. */
export function testRecorder(record: (envelope: EventEnvelope) => void): Plugin {
  return definePlugin({
    name: "test-recorder",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    config: z.strictObject({}),
    register({ services, events }) {
      for (const { name } of services.get(EVENT_DEFINITIONS)) events.handle(name as EventName, (_payload, envelope) => record(envelope));
    },
  })();
}
