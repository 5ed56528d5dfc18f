import type { SrtpKeys, SrtpSuite } from "@hotlinejs/core";
import { SrtpReceiver } from "./srtp-receiver.js";
import { SrtpSender } from "./srtp-sender.js";

/** Both directions of one protected leg. */
export class SrtpStreams {
  readonly sender: SrtpSender;
  readonly receiver: SrtpReceiver;

  constructor(sender: SrtpSender, receiver: SrtpReceiver) {
    this.sender = sender;
    this.receiver = receiver;
  }

  static of(suite: SrtpSuite, send: Uint8Array, receive: Uint8Array): SrtpStreams {
    return new SrtpStreams(new SrtpSender(suite, send), new SrtpReceiver(suite, receive));
  }
}

/** Streams by keys that were signalled. A key that is told again goes on with its count of packets: it must never protect two packets of one number. */
export class SignalledStreams {
  #keys: SrtpKeys | undefined;
  #streams: SrtpStreams | undefined;

  of(keys: SrtpKeys): SrtpStreams {
    const before = this.#keys;
    const former = this.#streams;
    const { suite, send, receive } = keys;
    const same = former !== undefined && before?.suite === suite;
    const sender = same && before.send === send ? former.sender : new SrtpSender(suite, Buffer.from(send, "base64"));
    const receiver = same && before.receive === receive ? former.receiver : new SrtpReceiver(suite, Buffer.from(receive, "base64"));
    this.#keys = keys;
    this.#streams = new SrtpStreams(sender, receiver);
    return this.#streams;
  }
}
