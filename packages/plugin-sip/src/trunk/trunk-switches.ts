import type { Clock, Logger, ReadPool, UnitOfWork } from "@hotlinejs/core";
import { sipErrors } from "../errors.js";
import { TrunkSwitchEntity } from "./trunk-switch.entity.js";
import type { TrunkSwitchRow } from "./trunk-switch.entity.js";
import type { Trunk } from "./trunk.js";
import type { TrunkTable } from "./trunk-table.js";

export interface TrunkSwitchesDeps {
  readonly trunks: TrunkTable;
  readonly unitOfWork: UnitOfWork;
  readonly reads: ReadPool;
  readonly clock: Clock;
  readonly log: Logger;
  /** A trunk was disabled or enabled. */
  changed(trunk: Trunk, enabled: boolean, actor: string): void;
}

/** Which trunks people have disabled: in the trunk for each call, on disk for the next start, in the audit for people. */
export class TrunkSwitches {
  constructor(private readonly deps: TrunkSwitchesDeps) {}

  /** Reads what the last process left. */
  async load(): Promise<void> {
    const { trunks, reads, log } = this.deps;
    const rows = await reads.read((em) => em.find(TrunkSwitchEntity, {}, { disableIdentityMap: true }));
    for (const { trunk: key, actor, reason, since } of rows) {
      trunks.byKey(key)?.disable({ actor, reason, since });
      if (trunks.byKey(key) !== undefined) log.warn({ trunk: key, reason, since }, "a trunk is disabled since a person said so; it takes no calls");
    }
  }

  /** Disables or enables at once; resolves when it is stored. What is so already stays as it is. @throws HTL_SIP_NO_TRUNK */
  async set(key: string, enabled: boolean, { reason, actor }: { readonly reason: string; readonly actor: string }): Promise<void> {
    const { trunks, unitOfWork, clock, log, changed } = this.deps;
    const trunk = trunks.byKey(key);
    if (trunk === undefined) throw sipErrors.NO_TRUNK(key.slice(0, 40));
    if (trunk.enabled === enabled) return;
    const since = clock.now();
    if (enabled) trunk.enable();
    else trunk.disable({ actor, reason, since });
    log.warn({ trunk: key, actor, reason }, enabled ? "a trunk was enabled" : "a trunk was disabled: it takes no new calls");
    changed(trunk, enabled, actor);
    await unitOfWork.run(async (uow) => {
      if (enabled) await uow.em.nativeDelete(TrunkSwitchEntity, { trunk: key });
      else await uow.em.upsertMany(TrunkSwitchEntity, [{ trunk: key, actor, reason, since } as TrunkSwitchRow]);
      uow.audit({ actor, action: enabled ? "sip.trunk-enabled" : "sip.trunk-disabled", subject: { type: "trunk", id: key }, details: { reason } });
    });
  }
}
