import { pathToFileURL } from "node:url";
import type { Call, Clock, T38Port, T38Request, Timer } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { builtEntry } from "../built-entry.js";
import type { FaxPage, FaxResult } from "../domain/t30/machine.js";
import type { FromTerminal, TerminalSession, ToTerminal } from "../worker/messages.js";

/** Omit that keeps the members of a union apart. */
type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** What the caller of an exchange decides; the rest was agreed on by both sides. */
export type ExchangeSession = Without<TerminalSession, "version" | "redundancy" | "maxDatagram">;

/** After both ends have let the line go: what the far machine still does with its call. */
const AFTERWARDS_MS = 1_000;

function request(): T38Request {
  return { part: { module: pathToFileURL(builtEntry("fax-part")).href } };
}

/**
 * Takes a call to T.38.
 *
 * @param first `ask`: we do, and when refused wait for the far end to do so; `wait`: the far end, which is the called one, mostly does
 * @returns `undefined` when the far end will not, or the call has ended
 */
export async function switchToT38(call: Call, first: "ask" | "wait", waitMs: number, clock: Clock, log: Logger): Promise<T38Port | undefined> {
  let settle: (port: T38Port | undefined) => void = () => undefined;
  const switched = new Promise<T38Port | undefined>((resolve) => (settle = resolve));
  const unsubscribe = call.subscribe((event) => {
    if (event.type === "media-request") event.accept(request()).then(settle, (error: unknown) => log.info({ callId: call.id, error: errorText(error) }, "a T.38 offer could not be taken"));
  });
  void call.ended.then(() => settle(undefined));
  let timer: Timer | undefined;
  const ask = async (last: boolean): Promise<void> => {
    try {
      settle(await call.mediaPort("t38", request()));
    } catch (error) {
      log.info({ callId: call.id, error: errorText(error) }, "the far end did not take our T.38 offer");
      if (last) settle(undefined);
      else timer = clock.setTimeout(() => settle(undefined), waitMs);
    }
  };
  if (first === "ask") void ask(false);
  else timer = clock.setTimeout(() => void ask(true), waitMs);
  try {
    return await switched;
  } finally {
    timer?.cancel();
    unsubscribe();
  }
}

/** Runs one exchange on a T.38 call. Resolves when it is over, however. `onPage` is called for each page in order. */
export async function runExchange(t38: T38Port, session: ExchangeSession, options: { readonly signal: AbortSignal; readonly log: Logger; onPage(page: FaxPage): void }): Promise<FaxResult> {
  const { port, version, redundancy, maxDatagram } = t38;
  const tell = (message: ToTerminal): void => port.post(message);
  let settle: (result: FaxResult) => void = () => undefined;
  const over = new Promise<FaxResult>((resolve) => (settle = resolve));
  const unlisten = port.listen((message) => {
    const report = message as FromTerminal;
    if (report.type === "page") options.onPage(report.page);
    else if (report.type === "trace") options.log.debug({ portId: port.id }, `T.30: ${report.text}`);
    else {
      options.log.info({ portId: port.id, ...report.result, ...report.counts }, "a fax exchange is over");
      settle(report.result);
    }
  });
  const stop = (): void => tell({ type: "stop", cause: "stopped" });
  options.signal.addEventListener("abort", stop, { once: true });
  void t38.over.then(() => tell({ type: "stop", cause: "gone" }));
  void port.closed.then(() => settle({ outcome: "disconnected", pages: 0, remoteId: "", bitsPerSecond: 0, resentFrames: 0 }));
  tell({ type: "begin", session: { ...session, version, redundancy, maxDatagram } as TerminalSession });
  try {
    return await over;
  } finally {
    options.signal.removeEventListener("abort", stop);
    unlisten();
  }
}

/** Takes a call that is still there back to sound; a fax machine mostly hangs up first. */
export async function backToSound(t38: T38Port, call: Call, clock: Clock): Promise<boolean> {
  const how = await Promise.race([t38.over, clock.sleep(AFTERWARDS_MS)]);
  if (call.state === "ended") return false;
  return how === undefined ? t38.release() : how === "remote";
}
