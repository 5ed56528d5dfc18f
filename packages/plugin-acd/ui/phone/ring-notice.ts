import { formatPhone, maskPhone } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall } from "../../src/contract.js";

/** What the browser lets the page do about notices on the desktop. */
export type NoticePermission = NotificationPermission | "unknown";

/** `unknown`: this browser has none. */
export function noticePermission(): NoticePermission {
  return typeof Notification === "undefined" ? "unknown" : Notification.permission;
}

/** From a click only: browsers take a question nobody asked for as a nuisance, and so do people. */
export async function askForNotices(): Promise<NoticePermission> {
  return typeof Notification === "undefined" ? "unknown" : Notification.requestPermission();
}

/** Words of a notice. */
export interface NoticeTexts {
  readonly incoming: string;
  readonly unknownNumber: string;
}

/** While a call rings and nobody sees the page, a notice on the desktop says so. A click on it brings the page back; it goes with the ring. */
export class RingNotice {
  readonly #bySight = (): void => this.#show();
  #call: AgentCall | null = null;
  #text: NoticeTexts | undefined;
  #notice: Notification | undefined;

  constructor() {
    document.addEventListener("visibilitychange", this.#bySight);
  }

  /** @param call what rings; `null` where another tab tells of it */
  follow(call: AgentCall | null, text: NoticeTexts): void {
    this.#call = call;
    this.#text = text;
    this.#show();
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#bySight);
    this.#drop();
  }

  #show(): void {
    const call = this.#call;
    const text = this.#text;
    if (call === null || text === undefined || call.state !== "ringing" || call.joining || !document.hidden || noticePermission() !== "granted") return this.#drop();
    const tag = `hotline.ring.${call.interactionId}`;
    if (this.#notice?.tag === tag) return;
    this.#drop();
    // On the desktop anybody may read it: masked, whatever this agent may see. The ring is heard from the phone.
    const who = call.citizenNumber === "" ? text.unknownNumber : formatPhone(maskPhone(call.citizenNumber));
    try {
      const notice = new Notification(text.incoming, { tag, silent: true, body: [who, call.queueName].filter((part) => part !== null && part !== "").join(" · ") });
      notice.onclick = () => {
        window.focus();
        notice.close();
      };
      this.#notice = notice;
    } catch (error) {
      // Some telephones allow notices from service workers only.
      console.warn("the browser shows no notice from a page", error);
    }
  }

  #drop(): void {
    this.#notice?.close();
    this.#notice = undefined;
  }
}
