import { randomInt } from "node:crypto";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { errorText } from "@hotlinejs/core";
import type { MediaLeg, RtpLeg, RtpRemote, Timer } from "@hotlinejs/core";
import { callEnded, sipErrors } from "../errors.js";
import { receives, SdpSession } from "../sdp/index.js";
import type { Direction, LocalEndpoint, NegotiatedAudio } from "../sdp/index.js";
import type { CallEnvironment } from "./call-environment.js";

/** What the call does about its sound. */
export interface CallMediaListener {
  /** Nothing was heard for too long although the peer should send. */
  timedOut(silentMs: number): void;
  /** The leg is gone without our doing. */
  failed(): void;
}

/** The sound of one SIP call: its offer/answer state and the RTP leg behind it. */
export class CallMedia {
  readonly sdp: SdpSession;
  readonly #environment: CallEnvironment;
  readonly #listener: CallMediaListener;
  /** Local address of the SIP transport, told in SDP when the leg is bound to all addresses. */
  readonly #signallingAddress: string | undefined;
  #leg: RtpLeg | undefined;
  #opening: Promise<RtpLeg> | undefined;
  #closed = false;
  #silent = false;
  #timer: Timer | undefined;
  #direction: Direction = "sendrecv";
  #unsubscribe: (() => void) | undefined;
  #remote: { address: string; port: number } | undefined;
  #generation = 0;
  /** What the leg was made with, until it is agreed. */
  #expected: RtpRemote | undefined;

  constructor(environment: CallEnvironment, listener: CallMediaListener, signallingAddress?: string) {
    this.#environment = environment;
    this.#listener = listener;
    this.#signallingAddress = signallingAddress;
    this.sdp = new SdpSession({ sessionId: String(randomInt(1, 2 ** 47)), codecs: environment.codecs });
  }

  get leg(): RtpLeg | undefined {
    return this.#leg;
  }

  /**
   * Makes the leg, once. Rejects with HTL_SIP_MEDIA_FAILED, or HTL_CORE_CALL_ENDED when `close` came first.
   *
   * @param options.expected what is about to be agreed, where the peer has offered: the leg then starts with it and need not be told.
   */
  open(options: { near?: MediaLeg; expected?: NegotiatedAudio } = {}): Promise<RtpLeg> {
    this.#opening ??= this.#create(options.near, options.expected);
    return this.#opening;
  }

  async #create(near: MediaLeg | undefined, expected: NegotiatedAudio | undefined): Promise<RtpLeg> {
    const { mediaBindAddress, mediaTimeoutMs } = this.#environment;
    if (expected !== undefined && isIP(expected.address) !== 0 && !isUnspecified(expected.address)) this.#expected = remoteOf(expected, expected);
    let leg: RtpLeg;
    try {
      leg = await this.#environment.media().createRtpLeg({
        ...(near === undefined || near.ended ? {} : { near }),
        ...(mediaBindAddress === undefined ? {} : { bindAddress: mediaBindAddress }),
        ...(mediaTimeoutMs > 0 ? { mediaTimeoutMs } : {}),
        ...(this.#expected === undefined ? {} : { remote: this.#expected }),
      });
    } catch (error) {
      throw sipErrors.MEDIA_FAILED(errorText(error), { cause: error });
    }
    if (this.#closed) {
      this.#shut(leg);
      throw callEnded("while its media was set up");
    }
    this.#leg = leg;
    this.#unsubscribe = leg.subscribe((event) => {
      if (event.type === "media-timeout") this.#silence(event.silentMs);
      else if (event.type === "media-resumed") this.#sound();
      else if (event.type === "ended" && !this.#closed) this.#listener.failed();
    });
    return leg;
  }

  /** What goes into our descriptions. The leg must be open. */
  local(): LocalEndpoint {
    if (this.#leg === undefined) throw sipErrors.NO_MEDIA();
    return this.described(this.#leg);
  }

  /** How something bound here is told to the peer. */
  described(bound: { readonly localAddress: string; readonly localPort: number }): LocalEndpoint {
    const { localAddress } = bound;
    const address = this.#environment.advertisedAddress ?? (isUnspecified(localAddress) ? (this.#signallingAddress ?? localAddress) : localAddress);
    return { address, port: bound.localPort };
  }

  /** The call is something else than sound for a while (T.38): nothing is sent, nothing missed. `apply` ends it. */
  rest(): void {
    this.#direction = "inactive";
    this.#generation++;
    this.#watch();
    const leg = this.#leg;
    const audio = this.sdp.audio;
    if (leg === undefined || leg.ended || audio === undefined || this.#remote === undefined) return;
    leg.setRemote({ ...remoteOf(audio, this.#remote), direction: "inactive" });
  }

  /** Lets the leg do what was agreed. A host name in the peer's SDP is looked up first. */
  apply(audio: NegotiatedAudio): void {
    this.#direction = audio.direction;
    this.#watch();
    const generation = ++this.#generation;
    // The old way of holding names no address: the last one stays, so that reports do not go astray.
    const remote = isUnspecified(audio.address) ? this.#remote : { address: audio.address, port: audio.port };
    if (remote === undefined) return;
    if (isIP(remote.address) !== 0) {
      this.#setRemote(audio, remote);
      return;
    }
    lookup(remote.address).then(
      ({ address }) => {
        if (generation === this.#generation && !this.#closed) this.#setRemote(audio, { address, port: remote.port });
      },
      (error: unknown) => this.#environment.log.warn({ host: remote.address, error: errorText(error) }, "the media host of a SIP peer has no address"),
    );
  }

  #setRemote(audio: NegotiatedAudio, remote: { address: string; port: number }): void {
    const leg = this.#leg;
    if (leg === undefined || this.#closed || leg.ended) return;
    this.#remote = remote;
    const wanted = remoteOf(audio, remote);
    const expected = this.#expected;
    this.#expected = undefined;
    if (expected !== undefined && sameRemote(expected, wanted)) return;
    try {
      leg.setRemote(wanted);
    } catch (error) {
      this.#environment.log.error({ err: error }, "the media engine refused what was agreed with a peer");
      this.#listener.failed();
    }
  }

  /** Ends the leg. Idempotent, never throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#unsubscribe?.();
    if (this.#leg !== undefined) this.#shut(this.#leg);
  }

  #shut(leg: RtpLeg): void {
    leg.close().catch((error: unknown) => this.#environment.log.warn({ error: errorText(error) }, "a media leg could not be closed in order"));
  }

  #silence(silentMs: number): void {
    this.#silent = true;
    if (receives(this.#direction)) this.#listener.timedOut(silentMs);
  }

  #sound(): void {
    this.#silent = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** After a hold the leg does not report the silence a second time: the peer has one more time-out to come back. */
  #watch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { mediaTimeoutMs, clock } = this.#environment;
    if (!this.#silent || !receives(this.#direction) || mediaTimeoutMs === 0 || this.#closed) return;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#silent) this.#listener.timedOut(mediaTimeoutMs);
    }, mediaTimeoutMs);
  }
}

function isUnspecified(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function remoteOf(audio: NegotiatedAudio, { address, port }: { readonly address: string; readonly port: number }): RtpRemote {
  return {
    address,
    port,
    rtcpPort: audio.rtcpPort,
    codec: audio.codec,
    payloadType: audio.payloadType,
    ...(audio.telephoneEventPayloadType === undefined ? {} : { telephoneEventPayloadType: audio.telephoneEventPayloadType }),
    direction: audio.direction,
  };
}

function sameRemote(a: RtpRemote, b: RtpRemote): boolean {
  return a.address === b.address && a.port === b.port && a.rtcpPort === b.rtcpPort && a.codec === b.codec && a.payloadType === b.payloadType && a.telephoneEventPayloadType === b.telephoneEventPayloadType && a.direction === b.direction;
}
