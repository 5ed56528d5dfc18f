import { errorText, isHotlineError, type Clock, type Logger, type Timer } from "@hotlinejs/core";
import { httpErrors } from "../errors.js";
import { loadTls, type TlsMaterial } from "./tls-material.js";

/** How often the files are looked at, so that a renewed certificate is used the same minute. */
const LOOK_MS = 30_000;

export interface TlsWatchOptions {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** New ones, which were tried. */
  changed(material: TlsMaterial): void;
}

/** Certificate and key of the web server, read, and read again when their files change. */
export class TlsWatch {
  readonly #options: TlsWatchOptions;
  #last: TlsMaterial | undefined;
  /** What cannot be used, once it has been told. */
  #refused: string | undefined;
  #timer: Timer | undefined;

  constructor(options: TlsWatchOptions) {
    this.#options = options;
  }

  /** `undefined` where no TLS is configured. @throws HTL_HTTP_TLS_INVALID */
  async load(): Promise<TlsMaterial | undefined> {
    const { cert, key, clock } = this.#options;
    this.#last = await loadTls(cert, key);
    if (this.#last !== undefined) this.#timer = clock.setInterval(() => void this.look(), LOOK_MS);
    return this.#last;
  }

  /** Looks now. What cannot be used is told in the log once, as HTL_HTTP_TLS_INVALID, and the former ones stay in use. */
  async look(): Promise<void> {
    const { cert, key, log, changed } = this.#options;
    try {
      const material = await loadTls(cert, key);
      this.#refused = undefined;
      if (material === undefined || (material.cert === this.#last?.cert && material.key === this.#last.key)) return;
      changed(material);
      this.#last = material;
      log.info({}, "a new certificate of the web server is in use");
    } catch (cause) {
      const error = isHotlineError(cause) ? cause : httpErrors.TLS_INVALID(errorText(cause), { cause });
      if (error.message === this.#refused) return;
      this.#refused = error.message;
      log.error({ code: error.code, error: error.message }, "a changed certificate of the web server cannot be used; the former one stays");
    }
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
