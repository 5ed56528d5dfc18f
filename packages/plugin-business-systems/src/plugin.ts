import { ACTIVITY, BUSINESS_SYSTEM, CLOCK, definePlugin, PROMPTS, READ_POOL, SECRETS, UNIT_OF_WORK } from "@hotlinejs/core";
import type { IvrNodeType } from "@hotlinejs/core";
import { businessAuditWords } from "./audit-words.js";
import { businessConfig } from "./config.js";
import { LOOKUP_SPEECH } from "./contract.js";
import { LookupLockEntity } from "./entities/lookup-lock.entity.js";
import { LOOKUP, lookupRoutes } from "./http/lookup-routes.js";
import { lookupNode } from "./ivr/lookup-node.js";
import { LOOKUP_PROMPTS } from "./ivr/lookup-prompts.js";
import { BusinessInit } from "./migrations/init.js";
import { LookupGuard } from "./services/lookup-guard.js";
import { LookupService } from "./services/lookup-service.js";
import { RecordCache } from "./services/record-cache.js";
import { RestClient } from "./services/rest-client.js";
import { fetchTransport } from "./services/transport.js";
import type { TransportRequest } from "./services/transport.js";

const MINUTE_MS = 60_000;

/** Records of the department's own systems, looked up by citizens (node `lookup`) and at the agent's desk. */
export const business = definePlugin({
  name: "business",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["tts"],
  critical: false,
  config: businessConfig,
  entities: [LookupLockEntity],
  migrations: [BusinessInit],
  provides: [BUSINESS_SYSTEM, LOOKUP_SPEECH],
  audit: businessAuditWords,
  permissions: [{ name: LOOKUP, roles: ["agent", "team_leader", "shift_supervisor"], description: "Look up records of citizens in the department's own systems" }],
  ivrNodes: [lookupNode] as unknown as readonly IvrNodeType<never>[],
  routes: lookupRoutes,
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    panels: [{ slot: "agent.context", name: "records", title: "业务系统", titleEn: "Records", permission: LOOKUP, order: 30 }],
  },
  register({ config, log, onStop, services, health }) {
    const parts = lazy(() => {
      const clock = services.get(CLOCK);
      const secrets = services.get(SECRETS);
      const activity = services.get(ACTIVITY);
      const client = { clock, log, transport: config.transport ?? ((request: TransportRequest) => activity.track(fetchTransport(request))) };
      const clients = new Map(config.systems.map((system) => [system.key, new RestClient(system, client)]));
      const cache = new RecordCache(clock, config.cacheSize);
      const guard = new LookupGuard(secrets, clock, { failures: config.lock.failures, lockMs: config.lock.minutes * MINUTE_MS });
      return { clients, cache, service: new LookupService({ config, clients, guard, cache, unitOfWork: services.get(UNIT_OF_WORK), readPool: services.get(READ_POOL), secrets, clock, log }) };
    });
    services.provide(BUSINESS_SYSTEM, () => parts().service);
    services.provide(LOOKUP_SPEECH, () => parts().service);
    services.optional(PROMPTS)?.define(LOOKUP_PROMPTS);
    onStop(() => parts().cache.clear());
    health(() => {
      const circuits = Object.fromEntries([...parts().clients].map(([key, { breaker }]) => [key, breaker.state]));
      const shut = Object.entries(circuits).filter(([, state]) => state === "open");
      return { ok: shut.length === 0, ...(shut.length === 0 ? {} : { message: `not answering: ${shut.map(([key]) => key).join(", ")}` }), details: { circuits } };
    });
  },
});

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
