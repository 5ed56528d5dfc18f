import { readFile } from "node:fs/promises";
import type { Clock, Logger, ServerCertificate, Timer } from "@hotlinejs/core";
import { CertificateTerms, errorText, isHotlineError, isLockedKey, readCertificate } from "@hotlinejs/core";
import type { SipConfig } from "../config.js";
import { sipErrors } from "../errors.js";
import type { TlsSettings } from "../stack/index.js";

/** How often certificates are looked at, so that a renewed one is used the same minute. */
const LOOK_MS = 30_000;

/** The certificates of the configuration, read, and read again when the files change. */
export class TlsFiles {
  /** Until when the certificates in use are valid. */
  readonly terms: CertificateTerms;
  readonly #config: SipConfig;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #inUse: (settings: TlsSettings) => void;
  #last = "";
  /** What cannot be used, once it has been told. */
  #refused = "";
  #timer: Timer | undefined;

  /** @param inUse told of what was loaded, and of each renewal once it is in use. */
  constructor(config: SipConfig, clock: Clock, log: Logger, inUse: (settings: TlsSettings) => void = () => undefined) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#inUse = inUse;
    this.terms = new CertificateTerms({ clock, log, invalid: sipErrors.TLS_NOT_VALID, expiring: sipErrors.TLS_EXPIRES });
  }

  /** `undefined` where no TLS is configured. @throws HTL_SIP_TLS_INVALID, HTL_SIP_TLS_KEY_LOCKED */
  async load(): Promise<TlsSettings | undefined> {
    const settings = await this.#read();
    this.#last = JSON.stringify(settings ?? null);
    if (settings === undefined) return undefined;
    this.terms.use(certificatesOf(settings));
    this.#inUse(settings);
    return settings;
  }

  /** Calls `changed` with new certificates. What cannot be read, or what `changed` throws at, is told in the log once, as HTL_SIP_TLS_INVALID, HTL_SIP_TLS_KEY_LOCKED or HTL_SIP_TLS_NOT_VALID, and in health; the former ones stay in use. */
  watch(changed: (settings: TlsSettings) => void): void {
    this.#timer = this.#clock.setInterval(() => void this.look(changed), LOOK_MS);
  }

  /** Looks now. */
  async look(changed: (settings: TlsSettings) => void): Promise<void> {
    let text = "";
    this.terms.look();
    try {
      const settings = await this.#read();
      text = JSON.stringify(settings ?? null);
      if (settings === undefined) return;
      if (text === this.#last) {
        this.#refused = "";
        return this.terms.unchanged();
      }
      const certificates = certificatesOf(settings);
      this.terms.mayReplace(certificates);
      changed(settings);
      this.#inUse(settings);
      this.#last = text;
      this.#refused = "";
      this.terms.use(certificates);
      this.#log.info({}, "new certificates for SIP over TLS are in use");
    } catch (cause) {
      const error = isHotlineError(cause) ? cause : sipErrors.TLS_INVALID(errorText(cause), { cause });
      this.terms.failed(error);
      // Files that cannot be read are known by why not.
      const refused = text === "" ? error.message : text;
      if (refused === this.#refused) return;
      this.#refused = refused;
      this.#log.error({ code: error.code, error: error.message }, "changed certificates for SIP over TLS cannot be used; the former ones stay");
    }
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #read(): Promise<TlsSettings | undefined> {
    const { tlsCert, tlsKey, tlsNames, tlsCa, tlsVerify, tlsClients } = this.#config;
    if (tlsCert === undefined || tlsKey === undefined) return undefined;
    try {
      const names: Record<string, { cert: string; key: string }> = {};
      for (const { name, cert, key } of tlsNames) names[name.toLowerCase()] = { cert: await pem(cert), key: await keyOf(key, `tlsNames: ${name}`) };
      return { cert: await pem(tlsCert), key: await keyOf(tlsKey, "tlsKey, HOTLINE_TLS_KEY"), names, ...(tlsCa === undefined ? {} : { ca: await pem(tlsCa) }), verify: tlsVerify, clients: tlsClients };
    } catch (cause) {
      throw isHotlineError(cause) ? cause : sipErrors.TLS_INVALID(errorText(cause), { cause });
    }
  }
}

/** @throws HTL_SIP_TLS_INVALID */
function certificatesOf({ cert, names = {} }: TlsSettings): ServerCertificate[] {
  try {
    return [readCertificate(cert, "default"), ...Object.entries(names).map(([name, { cert }]) => readCertificate(cert, name))];
  } catch (cause) {
    throw sipErrors.TLS_INVALID(errorText(cause), { cause });
  }
}

async function pem(value: string): Promise<string> {
  return value.includes("-----BEGIN") ? value : readFile(value, "utf8");
}

/** @param place tells the operator which key. @throws HTL_SIP_TLS_KEY_LOCKED */
async function keyOf(value: string, place: string): Promise<string> {
  const key = await pem(value);
  if (isLockedKey(key)) throw sipErrors.TLS_KEY_LOCKED(place);
  return key;
}
