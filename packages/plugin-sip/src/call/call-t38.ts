import { isIP } from "node:net";
import type { DatagramPort, MediaLeg, T38Port, T38Request } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { sipErrors } from "../errors.js";
import type { ImageStream, ImageTerms } from "../sdp/index.js";
import type { CallEnvironment } from "./call-environment.js";
import { peerAddress } from "./peer-address.js";

/** Copies of earlier packets in each datagram of ours. */
const REDUNDANCY = 3;
/** The forms of IFP our side knows (1998 and 2002 to 2004); an answer never tells more than the offer. */
const HIGHEST_VERSION = 3;
/** What the part in the worker may still have to say when the call is over. */
const LINGER_MS = 2_000;

/** What we answer to an offer of T.38. */
export function t38Agreement(offered: ImageStream): ImageTerms {
  return { version: Math.min(HIGHEST_VERSION, offered.version), maxBitRate: offered.maxBitRate, redundancy: offered.redundancy };
}

/** A SIP call while it is T.38. */
export class CallT38 implements T38Port {
  version = 0;
  maxBitRate = 14_400;
  maxDatagram = 400;
  redundancy = 0;
  readonly over: Promise<"released" | "remote" | "ended">;
  #settle: (how: "released" | "remote" | "ended") => void = () => undefined;
  #ended = false;
  #releasing: Promise<boolean> | undefined;

  private constructor(
    private readonly environment: CallEnvironment,
    readonly port: DatagramPort,
    private readonly soundAgain: () => Promise<void>,
  ) {
    this.over = new Promise((resolve) => (this.#settle = resolve));
  }

  /**
   * Opens the port, near the sound of the call.
   *
   * @param soundAgain offers sound to the far end; rejects when it is refused
   */
  static async open(environment: CallEnvironment, request: T38Request, near: MediaLeg | undefined, soundAgain: () => Promise<void>): Promise<CallT38> {
    const { mediaBindAddress } = environment;
    try {
      const port = await environment.media().createDatagramPort({
        part: request.part,
        ...(near === undefined || near.ended ? {} : { near }),
        ...(mediaBindAddress === undefined ? {} : { bindAddress: mediaBindAddress }),
      });
      return new CallT38(environment, port, soundAgain);
    } catch (error) {
      throw sipErrors.MEDIA_FAILED(errorText(error), { cause: error });
    }
  }

  /** Both sides have agreed: datagrams may go. */
  agreed(stream: ImageStream): void {
    this.version = Math.min(HIGHEST_VERSION, stream.version);
    this.maxBitRate = stream.maxBitRate;
    this.maxDatagram = stream.maxDatagram;
    this.redundancy = stream.redundancy ? REDUNDANCY : 0;
    if (isIP(stream.address) !== 0) return this.port.setRemote(stream);
    peerAddress(stream.address, stream.port, this.environment)
      .then((address) => this.port.setRemote({ address, port: stream.port }))
      .catch((error: unknown) => this.environment.log.warn({ host: stream.address, error: errorText(error) }, "the T.38 host of a SIP peer has no address that can be sent to"));
  }

  release(): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    this.#releasing ??= this.soundAgain().then(
      () => true,
      (error: unknown) => {
        this.environment.log.info({ error: errorText(error) }, "a call could not be taken back from T.38 to sound");
        return false;
      },
    ).finally(() => this.end("released"));
    return this.#releasing;
  }

  /** It is over. Idempotent. */
  end(how: "released" | "remote" | "ended"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#settle(how);
    const close = (): void => void this.port.close();
    const timer = this.environment.clock.setTimeout(close, LINGER_MS);
    void this.port.closed.then(() => timer.cancel());
  }

  /** Never agreed on: gone without a word. */
  discard(): void {
    this.#ended = true;
    void this.port.close();
  }
}
