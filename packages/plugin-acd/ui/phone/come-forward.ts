import { noticePermission } from "./ring-notice.js";

/** Put before the title of the tab that is the phone, so that it is found among the others. */
const MARK = "● ";

/** Words of the notice. */
export interface ComeForwardTexts {
  readonly title: string;
  readonly body: string;
}

/**
 * Another tab of the agent's wants this one, which is the phone, to be seen. Browsers let no page come forward by itself, but one that is
 * asked for by a click on a notice: so there is one, where notices are allowed, and the tab's title is marked until it is seen.
 */
export function comeForward({ title, body }: ComeForwardTexts): void {
  window.focus();
  if (!document.hidden) return;
  mark();
  if (noticePermission() !== "granted") return;
  try {
    const notice = new Notification(title, { tag: "hotline.phone-tab", silent: true, body });
    const seen = (): void => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", seen);
      notice.close();
    };
    document.addEventListener("visibilitychange", seen);
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
  } catch (error) {
    // Some telephones allow notices from service workers only.
    console.warn("the browser shows no notice from a page", error);
  }
}

function mark(): void {
  if (document.title.startsWith(MARK)) return;
  document.title = MARK + document.title;
  const seen = (): void => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", seen);
    if (document.title.startsWith(MARK)) document.title = document.title.slice(MARK.length);
  };
  document.addEventListener("visibilitychange", seen);
}
