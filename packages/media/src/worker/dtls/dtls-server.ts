import { constants, createECDH, createHash, createHmac, randomBytes, sign, timingSafeEqual, verify, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { SrtpSuite } from "@hotlinejs/core";
import type { DtlsCertificate } from "./dtls-certificate.js";
import { fingerprintOf } from "./dtls-certificate.js";
import { ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE, readRecords, RecordCipher, RecordWriter } from "./dtls-record.js";
import type { DtlsRecord } from "./dtls-record.js";
import { HandshakeReader, HandshakeType, numbers, readClientHello, writeHandshake } from "./handshake.js";
import type { ClientHello, HandshakeMessage } from "./handshake.js";
import { DtlsFormatError, number, OctetReader, vector } from "./octets.js";

/** A fingerprint of the peer's certificate, as its SDP tells it. */
export interface Fingerprint {
  /** `sha-256` and stronger. */
  readonly algorithm: string;
  readonly value: string;
}

/** What the handshake gives to SRTP (RFC 5764 section 4.2): key and salt of either direction, 30 octets. */
export interface DtlsSrtpKeys {
  readonly suite: SrtpSuite;
  readonly send: Buffer;
  readonly receive: Buffer;
}

export interface DtlsServerOptions {
  readonly certificate: DtlsCertificate;
  /** One of them must be the peer's. */
  readonly fingerprints: readonly Fingerprint[];
  send(datagram: Buffer): void;
  established(keys: DtlsSrtpKeys): void;
  /** The handshake cannot succeed any more, or the peer has closed; `closed`: it has taken its leave. Called once. */
  failed(why: string, closed: boolean): void;
}

/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and P-256, which every WebRTC peer has (RFC 8827 section 6.5). */
const CIPHER = 0xc02b;
const CURVE = "prime256v1";
const CURVE_ID = 23;
const ECDSA_P256_SHA256 = 0x0403;
/** `use_srtp` profiles, best first. */
const SRTP_PROFILES: ReadonlyMap<number, SrtpSuite> = new Map([
  [0x0001, "AES_CM_128_HMAC_SHA1_80"],
  [0x0002, "AES_CM_128_HMAC_SHA1_32"],
]);
const Extension = { groups: 10, pointFormats: 11, useSrtp: 14, extendedMasterSecret: 23, renegotiation: 0xff01 } as const;
const HASHES: ReadonlyMap<string, string> = new Map([["sha-256", "sha256"], ["sha-384", "sha384"], ["sha-512", "sha512"]]);

/** RFC 6347 section 4.2.4: the first repetition after a second there; half of it here, since a caller is waiting. */
const FIRST_REPEAT_MS = 500;
const MAX_REPEAT_MS = 4_000;
const GIVE_UP_MS = 30_000;
/**
 * A flight goes out again for a peer that repeats its own: so often and so far apart at the most. A check of ICE proves who asks, and not that it is where
 * its datagrams say it is: small ones with another's address must not send him large ones without end.
 */
const MOST_ASKED = 32;
const ASKED_GAP_MS = 50;
/** Records that came before their keys, for example when datagrams changed places. */
const MAX_EARLY = 8;

const AlertCode = { closeNotify: 0, handshakeFailure: 40, badCertificate: 42, decryptError: 51 } as const;

/** The handshake cannot go on; the peer is told by this alert. */
class HandshakeFailure extends Error {
  constructor(
    readonly alert: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The server's side of a DTLS 1.2 handshake for SRTP keys (RFC 6347, RFC 5764), with nothing in it that WebRTC
 * does not need: one cipher suite, one curve, both sides with certificates that SDP vouches for, the extended
 * master secret (RFC 7627) required. No cookies: who sends here has passed a connectivity check before, and gets no more than so much of us unasked.
 *
 * ```
 * hello --ClientHello--> keys --Certificate, ClientKeyExchange, CertificateVerify, Finished--> established
 *    \------------------------\-- anything wrong, 30 s over, close --> over <-- close_notify --/
 * ```
 */
export class DtlsServer {
  readonly #options: DtlsServerOptions;
  #reader = new HandshakeReader();
  readonly #writer = new RecordWriter();
  readonly #ecdh = createECDH(CURVE);
  readonly #random = randomBytes(32);
  #state: "hello" | "keys" | "established" | "over" = "hello";
  #transcript: Buffer[] = [];
  #sequence = 0;
  /** Our last flight, as content of records, to be sent again. */
  #flight: readonly { readonly type: number; readonly epoch: 0 | 1; readonly content: Buffer }[] = [];
  #clientRandom: Buffer = Buffer.alloc(0);
  #suite: SrtpSuite = "AES_CM_128_HMAC_SHA1_80";
  #master: Buffer | undefined;
  #peerKey: KeyObject | undefined;
  #verified = false;
  #seal: RecordCipher | undefined;
  #open: RecordCipher | undefined;
  #early: DtlsRecord[] = [];
  /** Flights sent again on request, and when the last one went out (monotonic ms). */
  #asked = 0;
  #sentAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: DtlsServerOptions) {
    this.#options = options;
  }

  /** Takes a datagram of the peer. Never throws. */
  receive(datagram: Buffer): void {
    try {
      for (const record of readRecords(datagram)) this.#record(record);
    } catch (error) {
      if (error instanceof HandshakeFailure) this.#fail(error.message, error.alert);
      else if (error instanceof DtlsFormatError) return; // damaged or forged: the genuine one will come again
      else this.#fail(error instanceof Error ? error.message : String(error), AlertCode.handshakeFailure);
    }
  }

  /** Tells the peer that it is over. Idempotent. */
  close(): void {
    if (this.#state === "established") this.#options.send(this.#writer.write(ALERT, 1, Buffer.from([1, 0]), this.#seal));
    this.#end();
  }

  #record(record: DtlsRecord): void {
    if (this.#state === "over" || record.type === CHANGE_CIPHER_SPEC) return;
    if (record.epoch === 0) {
      // In clear there are no news any more once keys are agreed; an alert could be anybody's.
      if (record.type === HANDSHAKE) this.#handshake(record.fragment, false);
      else if (record.type === ALERT && this.#master === undefined && record.fragment[0] === 2) throw new HandshakeFailure(AlertCode.handshakeFailure, `the peer ended the handshake (alert ${record.fragment[1] ?? 0})`);
      return;
    }
    if (record.epoch !== 1) return;
    if (this.#open === undefined) {
      if (this.#early.length < MAX_EARLY) this.#early.push(record);
      return;
    }
    const clear = this.#open.open(record);
    if (clear === undefined) return;
    if (record.type === HANDSHAKE) this.#handshake(clear, true);
    else if (record.type === ALERT) this.#fail(`the peer closed (alert ${clear[1] ?? 0})`, undefined, clear[1] === AlertCode.closeNotify);
  }

  #handshake(content: Buffer, sealed: boolean): void {
    const { messages, again } = this.#reader.take(content);
    // Once it is established, what comes in clear can only be the peer's flight again: anything new could be anybody's.
    if (this.#state === "established" && !sealed) {
      if (again) this.#askedAgain();
      return;
    }
    for (const message of messages) {
      if (message.type === HandshakeType.finished && !sealed) throw new HandshakeFailure(AlertCode.decryptError, "Finished came in clear");
      this.#message(message);
    }
    // The peer repeats its flight because it missed ours.
    if (again && messages.length === 0) this.#askedAgain();
  }

  #message(message: HandshakeMessage): void {
    const { type, body } = message;
    if (type === HandshakeType.clientHello && this.#state === "hello") {
      const hello = this.#readHello(body);
      this.#transcript.push(message.whole);
      return this.#hello(hello);
    }
    if (this.#state !== "keys") throw new HandshakeFailure(AlertCode.handshakeFailure, `message ${type} is out of place`);
    switch (type) {
      case HandshakeType.certificate:
        this.#takeCertificate(body);
        break;
      case HandshakeType.clientKeyExchange:
        this.#transcript.push(message.whole);
        return this.#agree(body);
      case HandshakeType.certificateVerify:
        this.#verify(body);
        break;
      case HandshakeType.finished:
        return this.#finish(message);
      default:
        throw new HandshakeFailure(AlertCode.handshakeFailure, `message ${type} is none of this handshake`);
    }
    this.#transcript.push(message.whole);
  }

  /** Where it is damaged the genuine one, which has the same number, is waited for. */
  #readHello(body: Buffer): ClientHello {
    try {
      return readClientHello(body);
    } catch (error) {
      this.#reader = new HandshakeReader();
      throw error;
    }
  }

  #hello(hello: ClientHello): void {
    const { extensions } = hello;
    const groups = extensions.get(Extension.groups);
    if (!hello.ciphers.includes(CIPHER)) throw new HandshakeFailure(AlertCode.handshakeFailure, "the peer does not speak ECDHE-ECDSA-AES128-GCM-SHA256");
    if (groups !== undefined && !numbers(groups.subarray(2)).includes(CURVE_ID)) throw new HandshakeFailure(AlertCode.handshakeFailure, "the peer does not know P-256");
    if (!extensions.has(Extension.extendedMasterSecret)) throw new HandshakeFailure(AlertCode.handshakeFailure, "the peer has no extended master secret");
    const offered = extensions.get(Extension.useSrtp);
    const profiles = offered === undefined ? [] : numbers(new OctetReader(offered).vector(2));
    const profile = [...SRTP_PROFILES.keys()].find((each) => profiles.includes(each));
    if (profile === undefined) throw new HandshakeFailure(AlertCode.handshakeFailure, "the peer offers no SRTP profile we have");
    this.#suite = SRTP_PROFILES.get(profile) as SrtpSuite;
    this.#clientRandom = Buffer.from(hello.random);
    this.#state = "keys";
    this.#deadline = setTimeout(() => this.#fail("the handshake took too long", undefined), GIVE_UP_MS);

    const answers = [
      extension(Extension.extendedMasterSecret, Buffer.alloc(0)),
      extension(Extension.renegotiation, Buffer.from([0])),
      extension(Extension.useSrtp, Buffer.concat([vector(2, number(profile, 2)), vector(1)])),
      ...(extensions.has(Extension.pointFormats) ? [extension(Extension.pointFormats, Buffer.from([1, 0]))] : []),
    ];
    const params = Buffer.concat([Buffer.from([3]), number(CURVE_ID, 2), vector(1, this.#ecdh.generateKeys())]);
    const signature = sign("sha256", Buffer.concat([this.#clientRandom, this.#random, params]), this.#options.certificate.key);
    this.#send([
      this.#ours(HandshakeType.serverHello, Buffer.concat([Buffer.from([0xfe, 0xfd]), this.#random, vector(1), number(CIPHER, 2), Buffer.from([0]), vector(2, ...answers)])),
      this.#ours(HandshakeType.certificate, vector(3, vector(3, this.#options.certificate.der))),
      this.#ours(HandshakeType.serverKeyExchange, Buffer.concat([params, number(ECDSA_P256_SHA256, 2), vector(2, signature)])),
      this.#ours(HandshakeType.certificateRequest, Buffer.concat([vector(1, Buffer.from([64, 1])), vector(2, ...[...SIGNATURES.keys()].map((each) => number(each, 2))), vector(2)])),
      this.#ours(HandshakeType.serverHelloDone, Buffer.alloc(0)),
    ]);
    this.#repeat(FIRST_REPEAT_MS);
  }

  /** The peer is who its SDP said when its certificate has the fingerprint and it can sign with it. */
  #takeCertificate(body: Buffer): void {
    const chain = new OctetReader(new OctetReader(body).vector(3));
    const certificate = chain.left === 0 ? undefined : chain.vector(3);
    if (certificate === undefined) throw new HandshakeFailure(AlertCode.badCertificate, "the peer has no certificate");
    const fits = this.#options.fingerprints.some(({ algorithm, value }) => {
      const hash = HASHES.get(algorithm.toLowerCase());
      return hash !== undefined && fingerprintOf(certificate, hash) === value.toUpperCase();
    });
    if (!fits) throw new HandshakeFailure(AlertCode.badCertificate, "the peer's certificate is not the one its description names");
    this.#peerKey = new X509Certificate(certificate).publicKey;
  }

  #agree(body: Buffer): void {
    if (this.#peerKey === undefined || this.#master !== undefined) throw new HandshakeFailure(AlertCode.handshakeFailure, "ClientKeyExchange is out of place");
    const shared = this.#ecdh.computeSecret(new OctetReader(body).vector(1));
    this.#master = prf(shared, "extended master secret", this.#hash(), 48);
    const block = prf(this.#master, "key expansion", Buffer.concat([this.#random, this.#clientRandom]), 40);
    this.#open = new RecordCipher(block.subarray(0, 16), block.subarray(32, 36));
    this.#seal = new RecordCipher(block.subarray(16, 32), block.subarray(36, 40));
    const early = this.#early;
    this.#early = [];
    for (const record of early) this.#record(record);
  }

  #verify(body: Buffer): void {
    const reader = new OctetReader(body);
    const scheme = SIGNATURES.get(reader.number(2));
    const signature = reader.vector(2);
    if (this.#master === undefined || this.#peerKey === undefined || scheme === undefined || scheme.kind !== this.#peerKey.asymmetricKeyType) throw new HandshakeFailure(AlertCode.decryptError, "CertificateVerify cannot be checked");
    this.#verified = verify("sha256", Buffer.concat(this.#transcript), { key: this.#peerKey, ...scheme.options }, signature);
    if (!this.#verified) throw new HandshakeFailure(AlertCode.decryptError, "the peer does not hold the key of its certificate");
  }

  #finish(message: HandshakeMessage): void {
    const master = this.#master;
    if (master === undefined || !this.#verified) throw new HandshakeFailure(AlertCode.handshakeFailure, "Finished is out of place");
    const expected = prf(master, "client finished", this.#hash(), 12);
    if (message.body.length !== expected.length || !timingSafeEqual(message.body, expected)) throw new HandshakeFailure(AlertCode.decryptError, "the two sides did not see the same handshake");
    this.#transcript.push(message.whole);
    const finished = this.#ours(HandshakeType.finished, prf(master, "server finished", this.#hash(), 12));
    clearTimeout(this.#timer);
    clearTimeout(this.#deadline);
    this.#state = "established";
    this.#transcript = [];
    this.#send([{ type: CHANGE_CIPHER_SPEC, epoch: 0, content: Buffer.from([1]) }, { ...finished, epoch: 1 }]);
    const keys = prf(master, "EXTRACTOR-dtls_srtp", Buffer.concat([this.#clientRandom, this.#random]), 60);
    this.#options.established({
      suite: this.#suite,
      receive: Buffer.concat([keys.subarray(0, 16), keys.subarray(32, 46)]),
      send: Buffer.concat([keys.subarray(16, 32), keys.subarray(46, 60)]),
    });
  }

  /** A handshake message of ours, written into the transcript. */
  #ours(type: number, body: Buffer): { type: number; epoch: 0; content: Buffer } {
    const whole = writeHandshake(type, this.#sequence++, body);
    this.#transcript.push(whole);
    return { type: HANDSHAKE, epoch: 0, content: whole };
  }

  #hash(): Buffer {
    const hash = createHash("sha256");
    for (const part of this.#transcript) hash.update(part);
    return hash.digest();
  }

  #send(flight: readonly { readonly type: number; readonly epoch: 0 | 1; readonly content: Buffer }[]): void {
    this.#flight = flight;
    this.#sendFlight();
  }

  #askedAgain(): void {
    if (this.#asked >= MOST_ASKED || performance.now() - this.#sentAt < ASKED_GAP_MS) return;
    this.#asked++;
    this.#sendFlight();
  }

  /** All of it fits into one datagram: our certificate is small. Records are numbered anew each time. */
  #sendFlight(): void {
    if (this.#flight.length === 0 || this.#state === "over") return;
    this.#sentAt = performance.now();
    this.#options.send(Buffer.concat(this.#flight.map(({ type, epoch, content }) => this.#writer.write(type, epoch, content, epoch === 1 ? this.#seal : undefined))));
  }

  #repeat(after: number): void {
    this.#timer = setTimeout(() => {
      this.#sendFlight();
      this.#repeat(Math.min(MAX_REPEAT_MS, after * 2));
    }, after);
  }

  #fail(why: string, alert: number | undefined, closed = false): void {
    if (this.#state === "over") return;
    if (alert !== undefined) {
      const fatal = Buffer.from([2, alert]);
      this.#options.send(this.#state === "established" ? this.#writer.write(ALERT, 1, fatal, this.#seal) : this.#writer.write(ALERT, 0, fatal));
    }
    this.#end();
    this.#options.failed(why, closed);
  }

  #end(): void {
    this.#state = "over";
    clearTimeout(this.#timer);
    clearTimeout(this.#deadline);
    this.#flight = [];
    this.#early = [];
  }
}

/** How a peer may sign (RFC 5246 section 7.4.1.4.1, RFC 8446 section 4.2.3 for PSS). */
const SIGNATURES: ReadonlyMap<number, { readonly kind: string; readonly options: { readonly padding?: number; readonly saltLength?: number } }> = new Map([
  [ECDSA_P256_SHA256, { kind: "ec", options: {} }],
  [0x0804, { kind: "rsa", options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } }],
  [0x0401, { kind: "rsa", options: { padding: constants.RSA_PKCS1_PADDING } }],
]);

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([number(type, 2), vector(2, content)]);
}

/** RFC 5246 section 5, with SHA-256. */
function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const all = Buffer.concat([Buffer.from(label, "latin1"), seed]);
  const hmac = (...parts: readonly Buffer[]): Buffer => {
    const made = createHmac("sha256", secret);
    for (const part of parts) made.update(part);
    return made.digest();
  };
  const out: Buffer[] = [];
  let a: Buffer = all;
  for (let have = 0; have < length; have += 32) {
    a = hmac(a);
    out.push(hmac(a, all));
  }
  return Buffer.concat(out).subarray(0, length);
}
