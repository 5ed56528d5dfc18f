import type { QueueSettings } from "../config.js";
import type { FigureTargets } from "../contract.js";

/** A queue's own targets before those of the hotline, one by one; `null` of its own: none. */
export function targetsOf({ settings }: { readonly settings: Pick<QueueSettings, "targets"> }, hotline: FigureTargets): FigureTargets {
  const { connectRate = hotline.connectRate, serviceLevel = hotline.serviceLevel } = settings.targets ?? {};
  return { connectRate, serviceLevel };
}
