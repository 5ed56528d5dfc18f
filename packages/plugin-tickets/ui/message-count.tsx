import type { ReactElement } from "react";
import { useTexts } from "@hotlinejs/plugin-console/sdk";
import { messageTexts } from "./message-texts.js";
import { useQueuedMessages } from "./queued-messages.js";

/** Beside the menu's word: letters I am asked to take. */
export function MessageCount(): ReactElement | null {
  const text = useTexts(messageTexts);
  const { data } = useQueuedMessages("tickets.message-count");
  const count = data?.items.filter(({ offered }) => offered).length ?? 0;
  return count === 0 ? null : (
    <span className="hl-count" aria-label={text.waiting(count)}>
      {count}
    </span>
  );
}
