import type { ReactNode } from "react";
import { agentStatus, type AgentStanding } from "./agent-status.js";
import { StatusTag, type Status } from "./status.js";
import type { Language } from "./texts.js";

/** An option of a `Select` by which a colleague is chosen. */
export interface ColleagueOption {
  /** `agent:<number>` */
  readonly value: string;
  readonly label: string;
  /** With what the colleague is at, for those who hear it. */
  readonly "aria-label": string;
  readonly standing: readonly [Status, string];
}

export function colleagueOption(colleague: AgentStanding & { readonly number: string; readonly name: string }, language: Language): ColleagueOption {
  const label = `${colleague.name} ${colleague.number}`;
  const standing = agentStatus(colleague, language);
  return { value: `agent:${colleague.number}`, label, "aria-label": `${label}, ${standing[1]}`, standing };
}

/** As `optionRender`: colleagues with what they are at, others by their label. */
export function drawColleagueOption({ label, data }: { readonly label?: ReactNode; readonly data: object }): ReactNode {
  const { standing } = data as Partial<ColleagueOption>;
  if (standing === undefined) return label;
  const [status, word] = standing;
  return (
    <span className="hl-colleague">
      <span>{label}</span>
      <StatusTag status={status}>{word}</StatusTag>
    </span>
  );
}
