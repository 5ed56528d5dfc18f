import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";

/** Where facts wait on disk while the database takes nothing. */
export interface Spool<F> {
  /** They are on disk when it returns; `false`: they are not (the disk is full), and live in memory only. */
  append(facts: readonly F[]): boolean;
  /** What an earlier process has left, in order. */
  read(): readonly F[];
  /** All of it is in the database. */
  clear(): void;
}

/** Changes with the form of the facts. */
const FORM = 1;

/**
 * A file with a fact per line. Written only during an outage, then synchronously: facts of 20 ms go in one write, and a fact is
 * on disk before anything comes after it. Numbers of citizens are in no fact.
 */
export class FactSpool<F> implements Spool<F> {
  readonly #path: string;
  readonly #log: Logger;
  #file: number | undefined;
  #failing = false;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  append(facts: readonly F[]): boolean {
    let length: number | undefined;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#file ??= openSync(this.#path, "a", 0o600);
      length = fstatSync(this.#file).size;
      writeSync(this.#file, facts.map((fact) => `${JSON.stringify({ form: FORM, fact })}\n`).join(""));
      fdatasyncSync(this.#file);
      this.#failing = false;
      return true;
    } catch (error) {
      if (!this.#failing) this.#log.error({ error: errorText(error) }, "queue facts could not be kept on disk; until the database takes them they live in memory");
      this.#failing = true;
      this.#undo(length);
      return false;
    }
  }

  read(): readonly F[] {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    return text.split("\n").flatMap((line): F[] => {
      if (line === "") return [];
      try {
        const { form, fact } = JSON.parse(line) as { form?: unknown; fact?: F };
        if (form === FORM && fact !== undefined) return [fact];
      } catch {
        // The process ended in the middle of a line.
      }
      this.#log.error({ length: line.length }, "a queue fact kept on disk cannot be read and is lost for reports");
      return [];
    });
  }

  clear(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    rmSync(this.#path, { force: true });
  }

  /** Half a line would spoil the next one. */
  #undo(length: number | undefined): void {
    if (this.#file === undefined || length === undefined) return;
    try {
      ftruncateSync(this.#file, length);
    } catch (error) {
      this.#log.debug({ error: errorText(error) }, "the facts' file could not be cut back");
    }
  }
}
