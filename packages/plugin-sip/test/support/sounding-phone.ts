import { sines } from "@hotlinejs/media";
import type { FarEnd } from "@hotlinejs/testing/contract";
import { RtpPeer } from "../../../media/test/rtp-peer.js";
import { parseSdp } from "../../src/sdp/index.js";
import type { OutgoingInvite, Session } from "../../src/stack/index.js";
import type { Phone } from "./phone.js";
import { offerOf } from "./phone.js";

const EVENTS = "0123456789*#ABCD";

/** One call of the test phone with sound: RTP of its own in front of the SIP of `Phone`. */
export class SoundingCall implements FarEnd {
  readonly ended: Promise<unknown>;
  readonly #rtp: RtpPeer;
  #session: Session | undefined;
  #invite: OutgoingInvite | undefined;
  #port = 0;
  #end: (how: unknown) => void = () => undefined;

  private constructor(rtp: RtpPeer) {
    this.#rtp = rtp;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Calls the hotline. */
  static async dial(phone: Phone, hotlinePort: number): Promise<SoundingCall> {
    const call = new SoundingCall(await RtpPeer.open());
    const invite = phone.call(hotlinePort, { body: offerOf(call.#rtp.port) });
    call.#invite = invite;
    void invite.outcome.then((outcome) => {
      if (outcome.answered) call.#take(outcome.session, outcome.response.body.toString());
      else call.#over(outcome);
    });
    return call;
  }

  /** Lets a phone pick up whatever comes, and say something. */
  static answering(phone: Phone, picked: (call: SoundingCall) => void): void {
    phone.onInvite = (invite) => {
      invite.ring();
      void RtpPeer.open().then(async (rtp) => {
        const call = new SoundingCall(rtp);
        const accepted = await invite.accept({ body: offerOf(rtp.port) });
        if (!accepted.ok) return call.#over(accepted);
        call.#take(accepted.session, invite.request.body.toString());
        picked(call);
        await call.say(620, 300);
      });
    };
  }

  async press(keys: string): Promise<void> {
    for (const key of keys) await this.#rtp.press(this.#port, EVENTS.indexOf(key), { ms: 80 });
  }

  say(hz: number, ms: number): Promise<void> {
    return this.#rtp.speak(this.#port, sines([{ hz, level: -12 }], ms * 8));
  }

  hangup(): void {
    if (this.#session !== undefined) void this.#session.bye();
    else this.#invite?.cancel();
  }

  async heard(): Promise<Uint8Array> {
    return this.#rtp.heard;
  }

  keys(): string {
    const seen = new Map(this.#rtp.packets.filter(({ payloadType }) => payloadType === 101).map(({ timestamp, payload }) => [timestamp, EVENTS[payload[0] ?? 0] ?? ""]));
    return [...seen.values()].join("");
  }

  #take(session: Session, sdp: string): void {
    this.#session = session;
    this.#port = parseSdp(sdp).media[0]?.port ?? 0;
    session.handle({ reoffer: (offer) => void offer.accept({ body: offerOf(this.#rtp.port, ["a=recvonly"]) }) });
    void session.ended.then((end) => this.#over(end));
  }

  #over(how: unknown): void {
    this.#rtp.close();
    this.#end(how);
  }
}
