import type { ReactElement, ReactNode } from "react";
import { BellOutlined, CheckCircleFilled, CheckSquareOutlined, ClockCircleOutlined, CoffeeOutlined, FileTextOutlined, MessageOutlined, PauseCircleOutlined, PhoneFilled, PlayCircleFilled, WarningFilled } from "@ant-design/icons";

/** Meanings a state can have; each has words, a shape and a colour of its own. */
export type Status = "ready" | "ringing" | "due" | "live" | "chat" | "open" | "recording" | "held" | "after" | "closed" | "fault";

/** Several meanings share a colour; their words and shapes differ. */
const TONES: Partial<Record<Status, string>> = { due: "ringing", chat: "live", open: "live", recording: "live", closed: "after" };
const ICONS = { ready: CheckCircleFilled, ringing: BellOutlined, due: ClockCircleOutlined, live: PhoneFilled, chat: MessageOutlined, open: FileTextOutlined, recording: PlayCircleFilled, held: PauseCircleOutlined, after: CoffeeOutlined, closed: CheckSquareOutlined, fault: WarningFilled } as const;

/** A state in words, with its icon and tint. */
export function StatusTag({ status, children, solid = false, title }: { readonly status: Status; readonly children: ReactNode; readonly solid?: boolean; readonly title?: string }): ReactElement {
  const Icon = ICONS[status];
  const tone = TONES[status] ?? status;
  return (
    <span className={`hl-status hl-status-${tone}${solid ? " hl-status-solid" : ""}`} title={title}>
      <Icon aria-hidden />
      <span>{children}</span>
    </span>
  );
}
