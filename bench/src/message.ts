import type { ChildProcess } from "node:child_process";

/** The next message of a child that is `wanted`; rejects when it exits first. */
export function message(child: ChildProcess, wanted: (message: unknown) => boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const listen = (text: unknown): void => {
      if (!wanted(text)) return;
      child.off("message", listen);
      child.off("exit", gone);
      resolve(text);
    };
    const gone = (): void => reject(new Error("the process ended"));
    child.on("message", listen);
    child.once("exit", gone);
  });
}
