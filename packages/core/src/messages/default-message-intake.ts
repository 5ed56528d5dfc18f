import type { Blobs, ReadPool, UnitOfWork } from "../contracts/data.js";
import type { Accepted, InboundMessage, MessageIntake } from "../contracts/message.js";
import type { Clock, Ids } from "../contracts/time.js";
import { MessageEntity } from "../db/entities/message.entity.js";
import { storableValue } from "../db/storable-text.js";
import { coreErrors } from "../errors/core-errors.js";
import type { Logger } from "../log/logger.js";

export interface MessageIntakeDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly blobs: Blobs;
  /** Runs the hook `messageArrival`. */
  readonly ask: (message: InboundMessage) => Promise<Accepted | undefined>;
}

/** See MessageIntake. */
export class DefaultMessageIntake implements MessageIntake {
  readonly #deps: MessageIntakeDeps;
  /** The same message handed in twice at once is asked about once. */
  readonly #asking = new Map<string, Promise<Accepted>>();

  constructor(deps: MessageIntakeDeps) {
    this.#deps = deps;
  }

  arrive(given: InboundMessage): Promise<Accepted> {
    // What no database keeps would make it fail at every try, and nobody would ever read it.
    const message = storableValue(given);
    const key = JSON.stringify([message.channel, message.externalId]);
    const asking = this.#asking.get(key) ?? this.#take(message).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #take(message: InboundMessage): Promise<Accepted> {
    const { ask, blobs, clock, ids, log, readPool, unitOfWork } = this.#deps;
    const { channel, externalId, interactionId = null, receivedAt } = message;
    const earlier = await readPool.read((em) => em.findOne(MessageEntity, { channel, externalId }));
    if (earlier !== null) return { accepted: true, ref: earlier.ref };
    const accepted = await ask(message);
    if (accepted === undefined) throw coreErrors.MESSAGE_NOT_TAKEN(channel);
    for (const { blobId } of message.attachments) await blobs.claim(blobId);
    // Whoever accepted it knows it again by (channel, externalId): a crash before this line asks once more.
    await unitOfWork.run((uow) => uow.em.upsert(MessageEntity, { id: ids.next(), channel, externalId, ref: accepted.ref, interactionId, receivedAt, acceptedAt: clock.now() }, { onConflictFields: ["channel", "externalId"], onConflictAction: "ignore" }));
    log.info({ channel, ref: accepted.ref }, "a message was taken");
    return accepted;
  }
}
