import type { ReactElement, ReactNode } from "react";
import { BellOutlined, CheckCircleFilled, ClockCircleOutlined, CoffeeOutlined, PauseCircleOutlined, PhoneFilled, WarningFilled } from "@ant-design/icons";

/** Meanings a state can have; each has words, a shape and a colour of its own. */
export type Status = "ready" | "ringing" | "due" | "live" | "held" | "after" | "fault";

const ICONS = { ready: CheckCircleFilled, ringing: BellOutlined, due: ClockCircleOutlined, live: PhoneFilled, held: PauseCircleOutlined, after: CoffeeOutlined, fault: WarningFilled } as const;

/** A state in words, with its icon and tint. */
export function StatusTag({ status, children, solid = false, title }: { readonly status: Status; readonly children: ReactNode; readonly solid?: boolean; readonly title?: string }): ReactElement {
  const Icon = ICONS[status];
  const tone = status === "due" ? "ringing" : status;
  return (
    <span className={`hl-status hl-status-${tone}${solid ? " hl-status-solid" : ""}`} title={title}>
      <Icon aria-hidden />
      <span>{children}</span>
    </span>
  );
}
