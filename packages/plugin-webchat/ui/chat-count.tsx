import type { ReactElement } from "react";
import { api, useLoad, useStore, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { ChatView } from "../src/contract.js";
import { seenStore } from "./seen.js";
import { texts } from "./texts.js";

/** Beside the menu's word: chats that ask for me, by an offer or by words I have not seen. */
export function ChatCount(): ReactElement | null {
  const text = useTexts(texts);
  const seen = useStore(seenStore);
  const { data } = useLoad("webchat.count", (signal) => api.get<{ items: readonly ChatView[] }>("/api/webchat/chats", {}, { signal }), { topics: ["webchat.changed"] });
  const count = data?.items.filter((chat) => chat.offered || (chat.state === "active" && chat.lastSeq > (seen.get(chat.id) ?? 0))).length ?? 0;
  return count === 0 ? null : (
    <span className="hl-count" aria-label={text.waiting(count)}>
      {count}
    </span>
  );
}
