import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createCipheriv, createHmac, randomBytes, X509Certificate } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** A certificate of the peers, made once: files for OpenSSL, and its SHA-256 for the description. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly fingerprint: string;
}

export function makeCertificate(folder: string, name = "peer"): Certificate {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=peer", "-days", "2"], { stdio: "ignore" });
  return { cert, key, fingerprint: new X509Certificate(readFileSync(cert)).fingerprint256 };
}

/**
 * The far end of one WebRTC leg, made of other parts than the hotline's: OpenSSL is the DTLS client, ICE checks and SRTP (RFC 3711,
 * AES_CM_128_HMAC_SHA1_80) are written for it. Whatever comes is counted, not deciphered.
 */
export class WebRtcPeer {
  received = 0;
  /** Answers to checks, and DTLS of the far end: nothing for who guesses. */
  readonly answers = { checks: 0, dtls: 0 };
  #socket: Socket;
  /** Between OpenSSL, which wants a port of its own, and the one port of the leg. */
  readonly #dtls: Socket;
  readonly #certificate: Certificate;
  readonly #ufrag = randomBytes(4).toString("hex");
  readonly #pwd = randomBytes(16).toString("hex");
  #openssl: ChildProcess | undefined;
  #opensslPort = 0;
  #target = 0;
  #remote = { ufrag: "", pwd: "" };
  #answered: (() => void) | undefined;
  #srtp: SrtpWriter | undefined;

  private constructor(socket: Socket, dtls: Socket, certificate: Certificate) {
    this.#socket = socket;
    this.#dtls = dtls;
    this.#certificate = certificate;
    socket.on("message", (data) => this.#take(data));
    dtls.on("message", (data, from) => {
      this.#opensslPort = from.port;
      this.send(data);
    });
  }

  static async open(certificate: Certificate): Promise<WebRtcPeer> {
    return new WebRtcPeer(await bind(), await bind(), certificate);
  }

  /** What a browser writes for one audio stream of G.711. */
  offer(): string {
    return ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", `m=audio ${this.#socket.address().port} UDP/TLS/RTP/SAVPF 8 101`, "c=IN IP4 127.0.0.1", "a=rtcp-mux", `a=ice-ufrag:${this.#ufrag}`, `a=ice-pwd:${this.#pwd}`, `a=fingerprint:sha-256 ${this.#certificate.fingerprint}`, "a=setup:actpass", "a=mid:0", "a=sendrecv", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ""].join("\r\n");
  }

  /** ICE, then DTLS, with what the answer describes. Resolves when there are keys. */
  async connect(answer: string): Promise<void> {
    const value = (pattern: RegExp): string => pattern.exec(answer)?.[1] ?? "";
    this.aim(Number(value(/^m=audio (\d+)/m)), { ufrag: value(/^a=ice-ufrag:(\S+)/m), pwd: value(/^a=ice-pwd:(\S+)/m) });
    if (this.#target === 0 || this.#remote.pwd === "") throw new Error(`the answer is none of WebRTC:\n${answer}`);
    await this.choosePath();
    await this.shakeHands();
  }

  /** Where the far end is, and what it takes a check by. */
  aim(port: number, ice: { readonly ufrag: string; readonly pwd: string }): void {
    this.#target = port;
    this.#remote = { ...ice };
  }

  /** Resolves when a check was answered. */
  async choosePath(): Promise<void> {
    const checked = new Promise<void>((resolve) => (this.#answered = resolve));
    this.check();
    await checked;
  }

  /** Goes on from another port, as behind another network. */
  async move(): Promise<void> {
    const former = this.#socket;
    this.#socket = await bind();
    this.#socket.on("message", (data) => this.#take(data));
    former.close();
  }

  /** DTLS. Resolves when there are keys, rejects when the far end refuses. */
  async shakeHands(): Promise<void> {
    const openssl = spawn("openssl", ["s_client", "-dtls1_2", "-connect", `127.0.0.1:${this.#dtls.address().port}`, "-use_srtp", "SRTP_AES128_CM_SHA1_80", "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "60", "-cert", this.#certificate.cert, "-key", this.#certificate.key], { stdio: ["pipe", "pipe", "ignore"] });
    this.#openssl = openssl;
    let output = "";
    const material = await new Promise<string>((resolve, reject) => {
      openssl.once("exit", (code) => reject(new Error(`OpenSSL ended with ${code} before there were keys`)));
      openssl.stdout.setEncoding("latin1").on("data", (text: string) => {
        const found = /Keying material: ([0-9A-F]{120})/.exec((output += text))?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    // RFC 5764 section 4.2: the client's key, the server's, the client's salt, the server's.
    const octets = Buffer.from(material, "hex");
    this.#srtp = new SrtpWriter(octets.subarray(0, 16), octets.subarray(32, 46));
  }

  /** A connectivity check that chooses this path; later ones keep the consent fresh (RFC 7675). */
  check(): void {
    const username = Buffer.from(`${this.#remote.ufrag}:${this.#ufrag}`);
    const attributes = [attribute(0x0006, username), attribute(0x0024, Buffer.from([0x6e, 0x00, 0x1e, 0xff])), attribute(0x802a, randomBytes(8)), attribute(0x0025, Buffer.alloc(0))];
    const head = (length: number): Buffer => Buffer.from([0, 1, length >> 8, length & 255, 0x21, 0x12, 0xa4, 0x42]);
    const id = randomBytes(12);
    const body = Buffer.concat(attributes);
    const integrity = attribute(0x0008, createHmac("sha1", this.#remote.pwd).update(Buffer.concat([head(body.length + 24), id, body])).digest());
    const whole = Buffer.concat([head(body.length + 32), id, body, integrity]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE((crc32(whole) ^ 0x5354554e) >>> 0);
    this.send(Buffer.concat([whole, attribute(0x8028, sum)]));
  }

  /** The next 20 ms of speech. */
  speak(): void {
    if (this.#srtp !== undefined) this.send(this.#srtp.next());
  }

  /** The same, protected but not sent. */
  next(): Buffer {
    if (this.#srtp === undefined) throw new Error("there are no keys yet");
    return this.#srtp.next();
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram, this.#target, "127.0.0.1");
  }

  close(): void {
    this.#openssl?.kill("SIGKILL");
    this.#socket.close();
    this.#dtls.close();
  }

  #take(data: Buffer): void {
    const first = data[0] ?? 0;
    if (first < 4) {
      this.answers.checks++;
      this.#answered?.();
    } else if (first >= 20 && first <= 63) {
      this.answers.dtls++;
      if (this.#opensslPort !== 0) this.#dtls.send(data, this.#opensslPort, "127.0.0.1");
    } else if ((data[1] ?? 0) < 192 || (data[1] ?? 0) > 223) this.received++; // not RTCP (RFC 5761 section 4)
  }
}

/** One stream of PCMA, protected. Short of 65,536 packets: the roll-over counter stays 0. */
export class SrtpWriter {
  readonly #key: Buffer;
  readonly #salt: Buffer;
  readonly #authKey: Buffer;
  readonly #packet = Buffer.alloc(172);
  #sequence = 0;

  constructor(master: Buffer, masterSalt: Buffer) {
    const derive = (label: number, length: number): Buffer => {
      const iv = Buffer.alloc(16);
      masterSalt.copy(iv);
      iv[7] = (iv[7] ?? 0) ^ label;
      return createCipheriv("aes-128-ctr", master, iv).update(Buffer.alloc(length));
    };
    this.#key = derive(0, 16);
    this.#authKey = derive(1, 20);
    this.#salt = derive(2, 14);
    this.#packet[0] = 0x80;
    this.#packet[1] = 8;
    randomBytes(4).copy(this.#packet, 8);
    randomBytes(160).copy(this.#packet, 12);
  }

  next(): Buffer {
    const sequence = ++this.#sequence & 0xffff;
    const packet = this.#packet;
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE((sequence * 160) >>> 0, 4);
    const iv = Buffer.alloc(16);
    this.#salt.copy(iv);
    for (let i = 0; i < 4; i++) iv[4 + i] = (iv[4 + i] ?? 0) ^ (packet[8 + i] ?? 0);
    iv.writeUInt16BE(iv.readUInt16BE(12) ^ sequence, 12);
    const out = Buffer.concat([packet.subarray(0, 12), createCipheriv("aes-128-ctr", this.#key, iv).update(packet.subarray(12))]);
    return Buffer.concat([out, createHmac("sha1", this.#authKey).update(out).update(Buffer.alloc(4)).digest().subarray(0, 10)]);
  }
}

function attribute(type: number, value: Buffer): Buffer {
  const out = Buffer.alloc(4 + ((value.length + 3) & ~3));
  out.writeUInt16BE(type, 0);
  out.writeUInt16BE(value.length, 2);
  value.copy(out, 4);
  return out;
}

function bind(): Promise<Socket> {
  const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(socket)));
}
