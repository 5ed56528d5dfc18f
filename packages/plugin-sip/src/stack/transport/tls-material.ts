import { createPrivateKey, X509Certificate } from "node:crypto";
import { checkServerIdentity, type ConnectionOptions, createSecureContext, rootCertificates, type SecureContext, type TlsOptions as ServerOptions, type TLSSocket } from "node:tls";
import { SipError } from "../errors.js";

/** A certificate chain with its key, both as PEM text. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

/** How SIP over TLS proves who we are, and whom it believes. */
export interface TlsSettings extends TlsPair {
  /** Further certificates by server name (SNI), lower case; `*.example.org` stands for one label. */
  readonly names?: Readonly<Record<string, TlsPair>>;
  /** Certificates (PEM) that are believed besides the system's: of peers we connect to, and of clients that show one. */
  readonly ca?: string;
  /**
   * Of peers we connect to. `full`: chain and name, as RFC 5922 asks. `chain`: a certificate of a known authority, whatever its name.
   * `none`: any. Default `full`.
   */
  readonly verify?: "full" | "chain" | "none";
  /** Of those who connect to us. `optional`: asked for, and refused when it is not believed; `required`: no connection without. Default `none`. */
  readonly clients?: "none" | "optional" | "required";
}

/** The certificates of a PEM text. Throws where there is none. */
function pemBlocks(text: string): readonly string[] {
  const blocks = text.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END (?:TRUSTED )?CERTIFICATE-----/g);
  if (blocks === null) throw new Error("no certificate among the authorities");
  return blocks;
}

/** Node passes over what is empty, as a file is while it is written, and then shows no certificate to anybody. Throws. */
function checkPair({ cert, key }: TlsPair): void {
  void new X509Certificate(cert);
  createPrivateKey(key);
}

/** Parsed settings, to be used by many connections and exchanged while they stand. */
export class TlsMaterial {
  readonly settings: TlsSettings;
  readonly #names = new Map<string, SecureContext>();

  /** @throws SipError `SIP_BAD_CERTIFICATE` */
  constructor(settings: TlsSettings) {
    this.settings = settings;
    try {
      // OpenSSL passes over what it cannot read among authorities, and then believes nobody.
      for (const authority of settings.ca === undefined ? [] : pemBlocks(settings.ca)) void new X509Certificate(authority);
      for (const pair of [settings, ...Object.values(settings.names ?? {})]) checkPair(pair);
      createSecureContext({ cert: settings.cert, key: settings.key, ca: this.#ca() });
      for (const [name, pair] of Object.entries(settings.names ?? {})) this.#names.set(name.toLowerCase(), createSecureContext({ ...pair, ca: this.#ca(), minVersion: "TLSv1.2" }));
    } catch (cause) {
      throw new SipError("SIP_BAD_CERTIFICATE", `certificate or key cannot be used (${cause instanceof Error ? cause.message : String(cause)})`, {}, cause);
    }
  }

  /** For a server; `setSecureContext` takes the same. */
  server(): ServerOptions {
    const { cert, key, clients = "none" } = this.settings;
    return { cert, key, ca: this.#ca(), minVersion: "TLSv1.2", requestCert: clients !== "none", rejectUnauthorized: clients === "required" };
  }

  /** Whether one that has connected to us may stay. With `optional` one may come without a certificate, but not with one that nobody vouches for. */
  welcomes(socket: TLSSocket): boolean {
    return this.settings.clients !== "optional" || socket.authorized || Object.keys(socket.getPeerCertificate()).length === 0;
  }

  /** The certificate for a server name, `undefined` for the usual one. */
  forName(name: string): SecureContext | undefined {
    if (this.#names.size === 0) return undefined;
    const lower = name.toLowerCase();
    return this.#names.get(lower) ?? this.#names.get(`*${lower.slice(Math.max(0, lower.indexOf(".")))}`);
  }

  /** For a connection of ours to a peer known by `name` (its domain) or by its address alone. */
  client(host: string, name: string | undefined): ConnectionOptions {
    const { cert, key, verify = "full" } = this.settings;
    return {
      cert, key, ca: this.#ca(), minVersion: "TLSv1.2", rejectUnauthorized: verify !== "none",
      ...(name === undefined ? {} : { servername: name }),
      checkServerIdentity: (_host, certificate) => (verify === "full" ? checkServerIdentity(name ?? host, certificate) : undefined),
    };
  }

  #ca(): string[] | undefined {
    const { ca } = this.settings;
    return ca === undefined ? undefined : [...rootCertificates, ca];
  }
}
