import type { AcdConfig } from "../config.js";
import type { AgentChoice, AgentReason } from "../contract.js";
import { acdErrors } from "../errors.js";

/** Reasons that only the hotline itself gives. */
const OWN: readonly AgentReason[] = [
  own("no-answer", "连续未接", "Missed calls", "not-ready"),
  own("wrap-up", "话后超时", "Wrap-up too long", "not-ready"),
  own("forced", "班长强制签出", "Signed out by a supervisor", "offline"),
  own("overdue", "超时签出", "Signed out after too long", "offline"),
];

function own(code: string, name: string, nameEn: string, choice: AgentReason["choice"]): AgentReason {
  return { code, name, nameEn, choice, maxMinutes: null, whenOver: "tell", own: true };
}

/** The configured reasons for not being ready or for signing out, by code; what people see is the name. */
export class AgentReasons {
  readonly #configured: readonly AgentReason[];

  constructor(private readonly config: Pick<AcdConfig, "reasons" | "reasonRequired">) {
    this.#configured = config.reasons.map(({ code, name, nameEn, choice, maxMinutes, whenOver }) => ({ code, name, nameEn, choice, maxMinutes: maxMinutes ?? null, whenOver, own: false }));
  }

  /** Those an agent may give, then our own. */
  all(): readonly AgentReason[] {
    return [...this.#configured, ...OWN];
  }

  find(code: string | null | undefined): AgentReason | undefined {
    return code === null || code === undefined ? undefined : this.all().find((reason) => reason.code === code);
  }

  /**
   * The code for what was given, which may be the name as shown.
   *
   * @throws HTL_ACD_UNKNOWN_REASON, HTL_ACD_REASON_NEEDED
   */
  codeFor(choice: AgentChoice, given: string | undefined): string | null {
    const possible = this.#configured.filter((reason) => reason.choice === choice);
    if (given === undefined) {
      if (choice === "not-ready" && this.config.reasonRequired && possible.length > 0) throw acdErrors.REASON_NEEDED(codes(possible));
      return null;
    }
    const found = possible.find(({ code, name, nameEn }) => given === code || given === name || given === nameEn);
    if (found === undefined) throw acdErrors.UNKNOWN_REASON(given.slice(0, 100), choice, codes(possible));
    return found.code;
  }
}

function codes(reasons: readonly AgentReason[]): string {
  return reasons.map(({ code }) => code).join(", ") || "none";
}
