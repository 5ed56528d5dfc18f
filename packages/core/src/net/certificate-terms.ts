import { X509Certificate } from "node:crypto";
import type { Logger } from "../log/logger.js";
import type { Clock } from "../contracts/time.js";
import type { HotlineError } from "../errors/define-errors.js";

/** So long before its end a certificate is warned of, in ms: what renews certificates by itself has failed by then. */
const WARN_BEFORE_MS = 14 * 86_400_000;

/** A certificate that a server shows. */
export interface ServerCertificate {
  /** The server name it is shown for, or what else tells it from the others. */
  readonly name: string;
  /** It is valid from then on, ms since 1970. */
  readonly validFrom: number;
  /** And until then. */
  readonly validTo: number;
}

/** The server's own certificate of a PEM text, which is its first. @throws where there is none */
export function readCertificate(pem: string, name: string): ServerCertificate {
  const { validFrom, validTo } = new X509Certificate(pem);
  return { name, validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
}

/** Whether a PEM text holds a private key that asks for a passphrase: PKCS #8 (RFC 7468, section 11) or OpenSSL's older way (RFC 1421, section 4.6.1.1). */
export function isLockedKey(pem: string): boolean {
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m.test(pem);
}

export interface CertificateTermsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The error of one that is not valid now; `when` reads "ran out at ..." or "is not valid before ...". */
  invalid(name: string, when: string): HotlineError;
  /** The warning of one that soon runs out; `when` reads "runs out at ...". */
  expiring(name: string, when: string): HotlineError;
}

/** Until when the certificates in use are valid, and whether the last attempt to renew them failed: told in the log once, and in health as long as it is so. */
export class CertificateTerms {
  readonly #options: CertificateTermsOptions;
  #inUse: readonly ServerCertificate[] = [];
  #failure: HotlineError | undefined;
  /** What was told last. */
  #told = "";

  constructor(options: CertificateTermsOptions) {
    this.#options = options;
  }

  get inUse(): readonly ServerCertificate[] {
    return this.#inUse;
  }

  /** Those are used from now on; what failed before is over. */
  use(certificates: readonly ServerCertificate[]): void {
    this.#inUse = certificates;
    this.#failure = undefined;
    this.look();
  }

  /** The files hold what is in use, again or still: what failed before is over. */
  unchanged(): void {
    this.#failure = undefined;
  }

  /** Others were to be used and cannot be. */
  failed(error: HotlineError): void {
    this.#failure = error;
  }

  /** Whether those may take the place of the ones in use: one that is not valid never takes the place of ones that are. @throws the error of the one that is not valid */
  mayReplace(certificates: readonly ServerCertificate[]): void {
    if (this.#trouble(this.#inUse)?.valid === false) return;
    const trouble = this.#trouble(certificates);
    if (trouble?.valid === false) throw trouble.error;
  }

  /** Tells in the log when one has run out or soon will, once each. To be called now and then. */
  look(): void {
    const trouble = this.#trouble(this.#inUse);
    const text = trouble?.error.message ?? "";
    if (text === this.#told) return;
    this.#told = text;
    if (trouble === undefined) return;
    const fields = { code: trouble.error.code, error: text };
    if (trouble.valid) this.#options.log.warn(fields, "a certificate soon runs out");
    else this.#options.log.error(fields, "a certificate in use is not valid now");
  }

  /** For a plugin's health: not ok while one is not valid or the last renewal failed; a message also while one soon runs out. */
  health(): { readonly ok: boolean; readonly message?: string; readonly details: readonly { readonly name: string; readonly validFrom: string; readonly validTo: string }[] } {
    const trouble = this.#trouble(this.#inUse);
    const error = trouble?.valid === false ? trouble.error : (this.#failure ?? trouble?.error);
    return {
      ok: trouble?.valid !== false && this.#failure === undefined,
      ...(error === undefined ? {} : { message: `${error.code}: ${error.message}` }),
      details: this.#inUse.map(({ name, validFrom, validTo }) => ({ name, validFrom: iso(validFrom), validTo: iso(validTo) })),
    };
  }

  /** What is worst of these now. */
  #trouble(certificates: readonly ServerCertificate[]): { readonly valid: boolean; readonly error: HotlineError } | undefined {
    const { clock, invalid, expiring } = this.#options;
    const now = clock.now();
    const [first] = [...certificates].sort((a, b) => a.validTo - b.validTo);
    if (first !== undefined && first.validTo <= now) return { valid: false, error: invalid(first.name, `ran out at ${iso(first.validTo)}`) };
    const early = certificates.find(({ validFrom }) => validFrom > now);
    if (early !== undefined) return { valid: false, error: invalid(early.name, `is not valid before ${iso(early.validFrom)}`) };
    return first === undefined || first.validTo - now > WARN_BEFORE_MS ? undefined : { valid: true, error: expiring(first.name, `runs out at ${iso(first.validTo)}`) };
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
