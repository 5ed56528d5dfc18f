import { useState, type ReactElement } from "react";
import { App, Badge, Button, Popover } from "antd";
import { BellOutlined } from "@ant-design/icons";
import { announce, api, defineTexts, EmptyState, ErrorState, formatDateTime, LoadingState, navigate, useLoad, useTexts, useTopic } from "../sdk/index.js";

interface Message {
  readonly id: string;
  readonly at: number;
  readonly title: string | null;
  readonly text: string;
  readonly subject: { readonly type: string; readonly id: string } | null;
  readonly read: boolean;
}

interface Inbox {
  readonly items: readonly Message[];
  readonly unread: number;
}

const texts = defineTexts({
  zh: { title: "消息", unread: (count: number) => (count === 0 ? "消息" : `消息，${count} 条未读`), empty: "没有消息。", allRead: "全部标为已读", what: "消息" },
  en: { title: "Messages", unread: (count: number) => (count === 0 ? "Messages" : `Messages, ${count} unread`), empty: "No messages.", allRead: "Mark all read", what: "the messages" },
});

/** What was told to me, kept until read. New ones come with a word at the corner, never over what I do. */
export function InboxButton(): ReactElement {
  const text = useTexts(texts);
  const [open, setOpen] = useState(false);
  const { notification } = App.useApp();
  const inbox = useLoad("inbox", (signal) => api.get<Inbox>("/api/console/inbox", { limit: 30 }, { signal }), { topics: ["console.inbox", "console.inbox-read"] });
  useTopic<{ title: string | null; text: string }>("console.inbox", ({ title, text: words }) => {
    announce(`${title ?? ""} ${words}`.trim());
    // One at a time, bottom right, 6 s.
    notification.destroy();
    notification.info({ title: title ?? text.title, description: words, placement: "bottomRight", duration: 6, pauseOnHover: true });
  });
  const unread = inbox.data?.unread ?? 0;
  const read = async (ids: readonly string[]): Promise<void> => {
    if (ids.length > 0) await api.post("/api/console/inbox/read", { ids });
    inbox.reload();
  };
  const go = (message: Message): void => {
    void read([message.id]);
    if (message.subject?.type === "ticket") {
      setOpen(false);
      navigate(`/tickets/${message.subject.id}`);
    }
  };
  const list = (
    <div className="hl-inbox">
      {inbox.error !== undefined ? <ErrorState error={inbox.error} what={text.what} onRetry={inbox.reload} /> : null}
      {inbox.data === undefined && inbox.error === undefined ? <LoadingState /> : null}
      {inbox.data?.items.length === 0 ? <EmptyState>{text.empty}</EmptyState> : null}
      <ol>
        {inbox.data?.items.map((message) => (
          <li key={message.id}>
            <button type="button" className="hl-message" data-read={message.read} onClick={() => go(message)}>
              <strong>{message.title ?? text.title}</strong>
              <span className="hl-meta">{formatDateTime(message.at)}</span>
              <span className="hl-message-text">{message.text}</span>
            </button>
          </li>
        ))}
      </ol>
      {unread === 0 ? null : (
        <Button type="link" size="small" onClick={() => void read((inbox.data?.items ?? []).filter((message) => !message.read).map(({ id }) => id))}>
          {text.allRead}
        </Button>
      )}
    </div>
  );
  return (
    <Popover open={open} onOpenChange={(shown) => { setOpen(shown); if (shown) inbox.reload(); }} trigger="click" placement="bottomRight" content={list}>
      <Button type="text" aria-label={text.unread(unread)} icon={<Badge count={unread} size="small" overflowCount={98}><BellOutlined aria-hidden /></Badge>} />
    </Popover>
  );
}
