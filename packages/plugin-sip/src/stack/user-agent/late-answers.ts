import { bare, dialogKey, firstUri, recordRoutes, StackDialog, towards } from "../dialog/dialog.js";
import type { SipResponse } from "../message/message.js";
import type { Destination, MessageSource } from "../transport/types.js";
import type { UaContext } from "./context.js";
import { DialogRequests } from "./dialog-requests.js";
import { GONE } from "./reasons.js";

/** Ended at once; anybody could send such answers. */
const MAX_AT_ONCE = 64;

type Sent = { readonly bytes: Buffer; readonly destination: Destination } | undefined;

/**
 * A telephone rung by a process that is gone goes on ringing, and may be lifted later than its INVITE is known here. Without an
 * ACK it would repeat its 200 for 32 s, with somebody on it who hears nothing: it is acknowledged and let go at once (RFC 3261 section 13.2.2.4).
 */
export class LateAnswers {
  readonly #context: UaContext;
  /** By dialog, the ACK: to be sent again when the 200 comes again. */
  readonly #ending = new Map<string, Sent>();

  constructor(context: UaContext) {
    this.#context = context;
  }

  /** Whether the response was one, and is taken care of. */
  take(response: SipResponse, source: MessageSource): boolean {
    const { from, to, callId, cseq, status } = response;
    if (cseq.method !== "INVITE" || status < 200 || status > 299 || from.tag === undefined || to.tag === undefined || !this.#ours(response, source)) return false;
    const key = dialogKey(callId, from.tag, to.tag);
    if (this.#ending.has(key)) {
      const again = this.#ending.get(key);
      if (again !== undefined) this.#context.transactions.send(again.bytes, again.destination, () => undefined);
      return true;
    }
    // A call that goes on: its session repeats the ACK itself.
    if (this.#ending.size >= MAX_AT_ONCE || this.#context.stopping || this.#context.dialogs.has(key)) return false;
    return this.#context.guard("late answer", () => this.#end(key, this.#dialogOf(response, source)));
  }

  /** Only what names us alone in its Via was asked by one of our kind (sections 8.1.3.3 and 18.1.2). */
  #ours({ via, headers }: SipResponse, source: MessageSource): boolean {
    const destination = towards(source);
    const transport = this.#context.transportFor(destination);
    return transport !== undefined && `${via.host}:${via.port ?? ""}` === this.#context.transports.sentBy(transport, destination) && isOnlyVia(headers);
  }

  #dialogOf(response: SipResponse, source: MessageSource): StackDialog {
    // Whatever its Contact and Record-Route name: nobody else is sent anything for it, so what cannot be read of them is done without.
    const destination = towards(source);
    const target = firstUri(response.headers.get("contact") ?? "") ?? bare(response.to.uri);
    const localTarget = this.#context.contactUri("", destination);
    const dialog = new StackDialog({
      role: "uac", callId: response.callId, localTag: response.from.tag ?? "", remoteTag: response.to.tag ?? "", localParty: response.from.partyString(), remoteParty: response.to.partyString(),
      localSeq: response.cseq.seq, remoteSeq: -1, routeSet: readRoutes(response), remoteTarget: target, localTarget, destination, pinned: true,
    });
    dialog.state = "confirmed";
    return dialog;
  }

  #end(key: string, dialog: StackDialog): void {
    this.#ending.set(key, this.#context.sendAck(dialog.createRequest("ACK", dialog.localSeq), dialog.destination));
    void new DialogRequests(this.#context, dialog).send("BYE", { headers: { Reason: GONE } }).then(() => this.#ending.delete(key));
  }
}

/** Of the first one alone it is certain that it can be read. */
function isOnlyVia(headers: SipResponse["headers"]): boolean {
  try {
    return headers.list("via").length === 1;
  } catch {
    return false;
  }
}

function readRoutes(response: SipResponse): string[] {
  try {
    return recordRoutes(response).reverse();
  } catch {
    return [];
  }
}
