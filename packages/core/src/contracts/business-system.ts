import { token } from "../di/token.js";

/** Records of the department's own systems (A10), for example a person's insurance account. */
export interface BusinessSystem {
  /** `undefined`: no such record or the proof does not fit (never tells which). Unreachable: a coded error. */
  lookup(kind: string, keys: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined>;
}

export const BUSINESS_SYSTEM = token<BusinessSystem>("core.business-system");
