import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { errorText, isHotlineError, isLockedKey } from "@hotlinejs/core";
import { httpErrors } from "../errors.js";

export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

/** Loads and tries certificate and key. `undefined` when neither is configured. @throws HTL_HTTP_TLS_INVALID, HTL_HTTP_TLS_KEY_LOCKED */
export async function loadTls(cert: string | undefined, key: string | undefined): Promise<TlsMaterial | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw httpErrors.TLS_INVALID(cert === undefined ? "the certificate is missing" : "the key is missing");
  try {
    const material = { cert: await pem(cert), key: await pem(key) };
    if (isLockedKey(material.key)) throw httpErrors.TLS_KEY_LOCKED();
    // Node passes over what is empty, as a file is while it is written, and then shows no certificate to anybody.
    void new X509Certificate(material.cert);
    createPrivateKey(material.key);
    createSecureContext(material);
    return material;
  } catch (cause) {
    if (isHotlineError(cause)) throw cause;
    throw httpErrors.TLS_INVALID(errorText(cause), { cause });
  }
}

async function pem(value: string): Promise<string> {
  return value.includes("-----BEGIN") ? value : await readFile(value, "utf8");
}
