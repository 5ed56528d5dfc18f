import { useEffect, useState } from "react";

let offset = 0;

/** The host tells what time the server has. */
export function setServerTime(now: number): void {
  offset = now - Date.now();
}

/** Epoch ms of the server's clock, so that timers on all screens agree. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** The server's time, renewed each second while `active`. */
export function useServerSeconds(active = true): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (!active) return undefined;
    setNow(serverNow());
    const timer = setInterval(() => setNow(serverNow()), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}
