import type { ReactElement } from "react";
import { useEffect, useState } from "react";
import { PauseCircleOutlined } from "@ant-design/icons";
import { serverNow } from "./clock.js";
import { formatTime } from "./format.js";
import { linkStore } from "./live.js";
import { useStore } from "./store.js";
import { defineTexts, useTexts } from "./texts.js";

/** Without pushed events for so long, figures are no longer those of now. */
const STALE_MS = 10_000;

const texts = defineTexts({
  zh: { stopped: (time: string) => `数据停在 ${time}，正在恢复` },
  en: { stopped: (time: string) => `Figures of ${time}; reconnecting` },
});

/**
 * Up to when what is pushed is known, by the server's clock in epoch ms, once nothing has been pushed for 10 s; `undefined` while all is well.
 * Pages of live figures take it as their present time, draw the figures grey (class `hl-stale`) and show `StaleNote`.
 */
export function useStale(): number | undefined {
  const link = useStore(linkStore);
  const since = link.state === "offline" ? link.since : undefined;
  const [old, setOld] = useState<number>();
  useEffect(() => {
    if (since === undefined) return setOld(undefined);
    const timer = setTimeout(() => setOld(since), Math.max(0, since + STALE_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [since]);
  return since === undefined || old === undefined ? undefined : since + (serverNow() - Date.now());
}

/** «数据停在 14:31:05，正在恢复». */
export function StaleNote({ at }: { /** Epoch ms, as `useStale` gives it. */ readonly at: number }): ReactElement {
  const text = useTexts(texts);
  return (
    <span className="hl-status hl-status-held" role="status">
      <PauseCircleOutlined aria-hidden />
      <span>{text.stopped(formatTime(at))}</span>
    </span>
  );
}
