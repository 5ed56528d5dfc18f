import { readFileSync } from "node:fs";

/** How many files this process may have open (the soft RLIMIT_NOFILE, proc(5)); `undefined` where the system does not tell, or sets no bound. */
export function openFilesLimit(limits: () => string = () => readFileSync("/proc/self/limits", "latin1")): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(limits())?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
