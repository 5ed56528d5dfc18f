import type { CertificateFingerprint, IceCredentials } from "@hotlinejs/core";
import { SrtpStreams } from "../srtp/srtp-streams.js";
import type { DtlsCertificate } from "./dtls/dtls-certificate.js";
import { DtlsServer } from "./dtls/dtls-server.js";
import { IceLite } from "./ice/ice-lite.js";
import { isStun } from "./ice/stun-message.js";
import type { DatagramSource } from "./media-socket.js";

/** DTLS datagrams that came before the peer's description are kept: a browser connects before its 200 is here. */
const MAX_EARLY = 4;

export interface WebRtcLinkOptions {
  readonly ice: IceCredentials;
  readonly certificate: DtlsCertificate;
  send(datagram: Uint8Array, address: string, port: number): void;
  /** Media time in ms. */
  now(): number;
  /** The peer has shown that it lives. */
  alive(): void;
  /** There is a path, or another one, or there are keys. */
  changed(): void;
  /** `closed`: the peer has taken its leave. */
  failed(why: string, closed: boolean): void;
}

/** What lies between one UDP port and the RTP of a WebRTC peer: ICE and DTLS beside the media (RFC 7983). */
export class WebRtcLink {
  /** Keys of the association; `undefined` until the first handshake is done. */
  streams: SrtpStreams | undefined;
  strays = 0;
  readonly #options: WebRtcLinkOptions;
  readonly #ice: IceLite;
  #fingerprints = "";
  #dtls: DtlsServer | undefined;
  #early: { datagram: Buffer; from: DatagramSource }[] = [];
  /** Where the handshake comes from: a path may serve before it is nominated. */
  #handshakeFrom: DatagramSource | undefined;

  constructor(options: WebRtcLinkOptions) {
    this.#options = options;
    this.#ice = new IceLite(options.ice);
  }

  /** Where media goes; `undefined` until the peer has chosen a path. */
  get path(): { readonly address: string; readonly port: number } | undefined {
    return this.#ice.path;
  }

  get ready(): boolean {
    return this.streams !== undefined && this.path !== undefined;
  }

  restart(ice: IceCredentials): void {
    this.#ice.restart(ice);
  }

  /** The peer of the description. Another certificate is another association (RFC 8842 section 4); its keys take the place of the old when they are there. */
  expect(fingerprints: readonly CertificateFingerprint[]): void {
    const key = JSON.stringify(fingerprints.map(({ algorithm, value }) => [algorithm.toLowerCase(), value.toUpperCase()]).sort());
    if (key === this.#fingerprints) return;
    this.#fingerprints = key;
    this.#dtls?.close();
    const dtls = new DtlsServer({
      certificate: this.#options.certificate,
      fingerprints,
      send: (datagram) => {
        const to = this.path ?? this.#handshakeFrom;
        if (to !== undefined) this.#options.send(datagram, to.address, to.port);
      },
      established: ({ suite, send, receive }) => {
        this.streams = SrtpStreams.of(suite, send, receive);
        this.#options.changed();
      },
      failed: (why, closed) => {
        if (this.#dtls === dtls) this.#options.failed(why, closed);
      },
    });
    this.#dtls = dtls;
    const early = this.#early;
    this.#early = [];
    for (const { datagram, from } of early) this.#handshake(dtls, datagram, from);
  }

  /** Deals with ICE and DTLS itself. `true`: the datagram is protected media of the peer. */
  takes(datagram: Uint8Array, from: DatagramSource): boolean {
    if (isStun(datagram)) {
      const before = this.path;
      if (this.#ice.check(Buffer.from(datagram), from, this.#options.now(), (answer, to) => this.#options.send(answer, to.address, to.port))) {
        this.#options.alive();
        if (this.path !== before) this.#options.changed();
      }
      return false;
    }
    if (!this.#ice.knows(from)) {
      this.strays++;
      return false;
    }
    const first = datagram[0] ?? 0;
    if (first >= 20 && first <= 63) {
      // Both are kept, by the handshake or for it.
      const kept = { datagram: Buffer.from(datagram), from: { address: from.address, port: from.port } };
      if (this.#dtls !== undefined) this.#handshake(this.#dtls, kept.datagram, kept.from);
      else if (this.#early.length < MAX_EARLY) this.#early.push(kept);
      return false;
    }
    return first >= 128 && first <= 191 && this.streams !== undefined;
  }

  /** Tells the peer (close_notify). */
  close(): void {
    const dtls = this.#dtls;
    this.#dtls = undefined;
    dtls?.close();
    this.#early = [];
  }

  #handshake(dtls: DtlsServer, datagram: Buffer, from: DatagramSource): void {
    this.#handshakeFrom = from;
    dtls.receive(datagram);
  }
}
