import type { CallEvent, EndReason, T38Port, T38Request } from "@hotlinejs/core";
import { callEnded, sipErrors } from "../errors.js";
import type { ImageStream } from "../sdp/index.js";
import type { IncomingReoffer, Session } from "../stack/index.js";
import type { CallEnvironment } from "./call-environment.js";
import type { CallMedia } from "./call-media.js";
import { CallT38, t38Agreement } from "./call-t38.js";
import { sdpBodyOf, warning } from "./message-body.js";

/** What the switch needs of its call. */
export interface T38Owner {
  readonly environment: CallEnvironment;
  sound(): CallMedia;
  /** The answered dialog; throws HTL_SIP_NO_MEDIA before. */
  session(): Session;
  over(): EndReason | undefined;
  /** Offers sound to the far end. */
  soundAgain(): Promise<void>;
  inTurn<T>(offer: () => Promise<T>): Promise<T>;
  askListeners(refuse: () => void, event: (once: (fn: () => void) => void) => CallEvent): void;
  storeDialog(): void;
}

/**
 * Takes a call from sound to T.38 and back, whoever asks for it.
 *
 * ```
 * sound --ask, far end agrees--> T.38 --release, far end agrees--> sound
 *      \--far end asks, somebody accepts--^   \--far end offers sound--^
 * ```
 */
export class T38Switch {
  readonly #owner: T38Owner;
  #now: CallT38 | undefined;

  constructor(owner: T38Owner) {
    this.#owner = owner;
  }

  /** Whether the call is T.38 now. */
  get active(): boolean {
    return this.#now !== undefined;
  }

  /** Re-INVITE of ours. To be called in turn with other offers. */
  async ask(request: T38Request): Promise<T38Port> {
    const { over, soundAgain, storeDialog } = this.#owner;
    const session = this.#owner.session();
    if (this.#now !== undefined) return this.#now;
    const sound = this.#owner.sound();
    const made = await this.#open(request);
    const outcome = await session.reinvite({ body: sound.sdp.offerImage(sound.described(made.port), { version: 0, maxBitRate: request.maxBitRate ?? 14_400, redundancy: true }) });
    const ended = over();
    const body = outcome.response !== undefined && outcome.status < 300 ? sdpBodyOf(outcome.response) : { kind: "none" as const };
    const stream = ended === undefined && body.kind === "sdp" ? sound.sdp.receiveImageAnswer(body.text) : undefined;
    if (stream !== undefined && stream.carriesTcf) {
      this.#switched(made, stream);
      storeDialog();
      return made;
    }
    sound.sdp.abandonOffer();
    made.discard();
    if (ended !== undefined) throw callEnded(ended);
    // Said yes, but to something else: the sound is asked back, since nothing is agreed now.
    if (outcome.status < 300) await soundAgain();
    throw sipErrors.OFFER_REFUSED(outcome.status < 300 ? "the answer has no T.38" : outcome.status, { details: { status: outcome.status } });
  }

  /** A re-INVITE of the far end: whether it asks for T.38, which is then dealt with. Somebody has to want it; else the sound goes on. */
  offered(offer: IncomingReoffer, text: string): boolean {
    const sound = this.#owner.sound();
    const { sdp } = sound;
    const stream = sdp.receiveImageOffer(text);
    if (stream === undefined) return false;
    const agreement = t38Agreement(stream);
    if (this.#now !== undefined) {
      // A refresh of what is agreed already, perhaps from another port.
      this.#now.agreed(stream);
      void offer.accept({ body: sdp.answerImage(sound.described(this.#now.port), agreement) });
      return true;
    }
    const refuse = (): void => offer.respond({ status: 488, headers: warning(stream.carriesTcf ? "no fax here" : "only transferredTCF is spoken here") });
    if (!stream.carriesTcf) refuse();
    else
      this.#owner.askListeners(refuse, (once) => ({
        type: "media-request",
        kind: "t38",
        reject: () => once(refuse),
        accept: async (request) => {
          let mine = false;
          once(() => (mine = true));
          const made = mine ? await this.#open(request).catch((error: unknown) => this.#lost(refuse, error)) : undefined;
          if (made === undefined || offer.answered) {
            made?.discard();
            throw sipErrors.OFFER_REFUSED("it was settled before", { details: { status: 488 } });
          }
          const body = sdp.answerImage(sound.described(made.port), agreement);
          this.#switched(made, stream);
          void offer.accept({ body }).then(() => this.#owner.storeDialog());
          return made;
        },
      }));
    return true;
  }

  /** Sound was agreed on, or the call is over. */
  end(how: "remote" | "ended"): void {
    const now = this.#now;
    this.#now = undefined;
    now?.end(how);
  }

  #lost(refuse: () => void, error: unknown): never {
    refuse();
    throw error;
  }

  async #open(request: T38Request): Promise<CallT38> {
    const { environment, inTurn, over, soundAgain } = this.#owner;
    const made = await CallT38.open(environment, request, this.#owner.sound().leg, () => inTurn(soundAgain));
    const ended = over();
    if (ended === undefined) return made;
    made.discard();
    throw callEnded(ended);
  }

  #switched(made: CallT38, stream: ImageStream): void {
    this.#now = made;
    void made.over.then(() => {
      if (this.#now === made) this.#now = undefined;
    });
    made.agreed(stream);
    this.#owner.sound().rest();
  }
}
