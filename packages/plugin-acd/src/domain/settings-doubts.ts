import type { CapacitySettings, QueueSettings } from "../config.js";
import type { SettingFault } from "./settings-faults.js";

/** What the hotline's own plugins bring; others may bring more, so that an unknown one is no fault. */
const CHANNELS: readonly string[] = ["voice", "chat", "email", "fax", "sms", "web", "*"];

/** Settings of a queue that probably do nothing, where only what plugins bring, or how the queue is used, could tell. */
export function queueDoubts({ maxWaitSeconds, overflow, relaxSkillsAfterSeconds, serviceLevelSeconds, skillSteps, tiersAfterSeconds }: QueueSettings): SettingFault[] {
  const late = (path: SettingFault["path"], afterSeconds: number | undefined): SettingFault[] =>
    afterSeconds === undefined || maxWaitSeconds === 0 || afterSeconds < maxWaitSeconds ? [] : [{ path, message: `callers leave after ${maxWaitSeconds} s (maxWaitSeconds), so that only written work and kept places wait ${afterSeconds} s: give an earlier time, or a longer maxWaitSeconds` }];
  return [
    ...(typeof serviceLevelSeconds === "number" ? [] : channelDoubts(["serviceLevelSeconds"], Object.keys(serviceLevelSeconds))),
    ...overflow.flatMap((step, at) => late(["overflow", at, "afterSeconds"], step.afterSeconds)),
    ...skillSteps.flatMap((step, at) => late(["skillSteps", at, "afterSeconds"], step.afterSeconds)),
    ...tiersAfterSeconds.flatMap((wait, at) => late(["tiersAfterSeconds", at], wait)),
    ...late(["relaxSkillsAfterSeconds"], relaxSkillsAfterSeconds),
  ];
}

/** The same of a capacity. */
export function capacityDoubts(capacity: CapacitySettings | undefined): SettingFault[] {
  if (capacity === undefined) return [];
  return [
    ...channelDoubts(["capacity", "channels"], Object.keys(capacity.channels)),
    ...capacity.rules.flatMap((rule, at) => [...channelDoubts(["capacity", "rules", at, "while"], [rule.while]), ...channelDoubts(["capacity", "rules", at, "exclude"], rule.exclude)]),
  ];
}

function channelDoubts(path: SettingFault["path"], names: readonly string[]): SettingFault[] {
  return names.filter((name) => !CHANNELS.includes(name)).map((name) => ({ path: [...path, name], message: `nothing of the hotline's own comes by a channel ${name} (known: ${CHANNELS.join(", ")}): correct the name, unless a plugin brings that channel` }));
}
