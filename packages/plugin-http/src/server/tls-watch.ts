import { X509Certificate } from "node:crypto";
import { CertificateTerms, errorText, isHotlineError, readCertificate, type ServerCertificate, type Clock, type Logger, type Timer } from "@hotlinejs/core";
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
  /** Until when the certificate in use is valid. */
  readonly terms: CertificateTerms;
  #last: TlsMaterial | undefined;
  /** What cannot be used, once it has been told. */
  #refused: string | undefined;
  #timer: Timer | undefined;

  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.terms = new CertificateTerms({ clock: options.clock, log: options.log, invalid: httpErrors.TLS_NOT_VALID, expiring: httpErrors.TLS_EXPIRES });
  }

  /** `undefined` where no TLS is configured. @throws HTL_HTTP_TLS_INVALID, HTL_HTTP_TLS_KEY_LOCKED */
  async load(): Promise<TlsMaterial | undefined> {
    const { cert, key, clock } = this.#options;
    this.#last = await loadTls(cert, key);
    if (this.#last !== undefined) {
      this.terms.use([certificateOf(this.#last)]);
      this.#timer = clock.setInterval(() => void this.look(), LOOK_MS);
    }
    return this.#last;
  }

  /** Looks now. What cannot be used is told in the log once, as HTL_HTTP_TLS_INVALID, HTL_HTTP_TLS_KEY_LOCKED or HTL_HTTP_TLS_NOT_VALID, and in health; the former ones stay in use. */
  async look(): Promise<void> {
    const { cert, key, log, changed } = this.#options;
    this.terms.look();
    try {
      const material = await loadTls(cert, key);
      if (material === undefined) return;
      if (material.cert === this.#last?.cert && material.key === this.#last.key) {
        this.#refused = undefined;
        return this.terms.unchanged();
      }
      const certificate = certificateOf(material);
      this.terms.mayReplace([certificate]);
      changed(material);
      this.#refused = undefined;
      this.#last = material;
      this.terms.use([certificate]);
      log.info({}, "a new certificate of the web server is in use");
    } catch (cause) {
      const error = isHotlineError(cause) ? cause : httpErrors.TLS_INVALID(errorText(cause), { cause });
      this.terms.failed(error);
      if (error.message === this.#refused) return;
      this.#refused = error.message;
      log.error({ code: error.code, error: error.message }, "a changed certificate of the web server cannot be used; the former one stays");
    }
  }

  stop(): void {
    this.#timer?.cancel();
  }
}

function certificateOf({ cert }: TlsMaterial): ServerCertificate {
  return readCertificate(cert, `serial number ${new X509Certificate(cert).serialNumber}`);
}
