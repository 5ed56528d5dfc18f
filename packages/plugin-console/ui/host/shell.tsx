import { useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { Alert, Button } from "antd";
import { MoonOutlined, SunOutlined, UserOutlined } from "@ant-design/icons";
import {
  api,
  BASE,
  connectLive,
  defineTexts,
  DropMenu,
  forgetDrafts,
  Link,
  linkStore,
  matchPath,
  missedStore,
  navigate,
  PageContext,
  PanelRenderer,
  setLanguage,
  Slot,
  titleIn,
  useLanguage,
  usePlace,
  useServerSeconds,
  useSession,
  useStore,
  useTexts,
  type PageEntry,
} from "../sdk/index.js";
import { MENU_ICONS } from "./icons.js";
import { InboxButton } from "./inbox.js";
import { MenuPart, PagePart, PanelPart } from "./plugin-part.js";
import { setTheme, themeStore } from "./theme-store.js";

const texts = defineTexts({
  zh: {
    skip: "跳到正文",
    menu: "主菜单",
    reconnecting: "正在重新连接…",
    offline: "网络已断开，草稿保存在本机，恢复后自动同步。",
    back: (missed: number) => (missed === 0 ? "已恢复连接。" : `已恢复，断线期间 ${missed} 条更新。`),
    backAll: "已恢复，页面内容已重新加载。",
    unknown: "没有这个页面，或者你没有查看的权限，可向班长申请。",
    home: "回到首页",
    none: "你的账号还没有可用的页面，可向管理员申请权限。",
    signOut: "退出登录",
    light: "浅色",
    dark: "深色",
    english: "English",
  },
  en: {
    skip: "Skip to content",
    menu: "Main menu",
    reconnecting: "Reconnecting…",
    offline: "Offline. Drafts are kept on this computer and synchronised later.",
    back: (missed: number) => (missed === 0 ? "Back online." : `Back online; ${missed} updates were missed.`),
    backAll: "Back online; everything was loaded anew.",
    unknown: "There is no such page, or you may not see it; ask your supervisor.",
    home: "Home",
    none: "Your account has no pages yet; ask an administrator.",
    signOut: "Sign out",
    light: "Light",
    dark: "Dark",
    english: "中文",
  },
});

/** Top bar, menu and the page that is on; pages that ask for it stay mounted behind the one shown. */
export function Shell({ onSignOut }: { readonly onSignOut: () => void }): ReactElement {
  const session = useSession();
  const text = useTexts(texts);
  const language = useLanguage();
  const place = usePlace();
  const menu = useMemo(() => session.pages.filter((page) => page.menu !== undefined).sort((a, b) => (a.menu?.order ?? 0) - (b.menu?.order ?? 0)), [session.pages]);
  const found = useMemo(() => {
    for (const page of session.pages) {
      const params = matchPath(page.path, place.path);
      if (params !== undefined) return { page, params };
    }
    return undefined;
  }, [session.pages, place.path]);

  useEffect(() => connectLive(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${BASE}/live`), []);
  useEffect(() => {
    const [first] = menu;
    if (place.path === "/" && first !== undefined) navigate(first.path, { replace: true });
  }, [place.path, menu]);
  useEffect(() => {
    document.title = found === undefined ? session.title : `${titleIn(language, found.page)} · ${session.title}`;
  }, [found, language, session.title]);

  return (
    <PanelRenderer value={PanelPart}>
      <div className="hl-shell">
        <a className="hl-skip" href="#hl-main">
          {text.skip}
        </a>
        <header className="hl-top">
          <div className="hl-brand">{session.title}</div>
          <div className="hl-bar-slot">
            <Slot name="host.bar" props={{}} />
          </div>
          <Tools onSignOut={onSignOut} />
        </header>
        <nav className="hl-rail" aria-label={text.menu}>
          {menu.map((page) => (
            <RailItem key={page.path} page={page} current={found?.page === page || place.path.startsWith(`${page.path}/`)} />
          ))}
        </nav>
        <LinkLine />
        <main id="hl-main" className="hl-main" tabIndex={-1}>
          <Pages shown={found} search={place.search} />
          {found === undefined && place.path !== "/" ? (
            <Alert className="hl-lost" type="info" showIcon title={text.unknown} action={menu[0] === undefined ? undefined : <Link to={menu[0].path}>{text.home}</Link>} />
          ) : null}
          {menu.length === 0 && place.path === "/" ? <Alert className="hl-lost" type="info" showIcon title={text.none} /> : null}
        </main>
      </div>
    </PanelRenderer>
  );
}

function Pages({ shown, search }: { readonly shown: { page: PageEntry; params: Readonly<Record<string, string>> } | undefined; readonly search: string }): ReactElement {
  const kept = useRef(new Map<string, { page: PageEntry; params: Readonly<Record<string, string>>; search: string }>());
  if (shown !== undefined) {
    if (shown.page.keepMounted === true) kept.current.set(shown.page.path, { ...shown, search });
  }
  const hidden = [...kept.current.values()].filter(({ page }) => page.path !== shown?.page.path);
  const all = shown === undefined ? hidden : [...hidden, { ...shown, search }];
  // Keys keep each page's own instance; a page with parameters begins anew with others.
  return (
    <>
      {all
        .sort((a, b) => (a.page.path < b.page.path ? -1 : 1))
        .map(({ page, params, search: query }) => {
          const on = page.path === shown?.page.path;
          return (
            <section key={`${page.path} ${Object.values(params).join(" ")}`} className="hl-place" hidden={!on}>
              <PageContext value={{ path: page.path, params, search: query, shown: on }}>
                <PagePart page={page} />
              </PageContext>
            </section>
          );
        })}
    </>
  );
}

function RailItem({ page, current }: { readonly page: PageEntry; readonly current: boolean }): ReactElement {
  const title = titleIn(useLanguage(), page);
  const Icon = MENU_ICONS[page.menu?.icon ?? "list"] ?? MENU_ICONS.list;
  return (
    <Link to={page.path} className="hl-rail-item" aria-current={current ? "page" : undefined} title={title}>
      <span className="hl-rail-icon">
        {Icon === undefined ? null : <Icon aria-hidden />}
        <MenuPart page={page} />
      </span>
      <span className="hl-rail-word">{title}</span>
    </Link>
  );
}

/** Nothing for 2 s, then a slim line, after 10 s in full words. Typing goes on. */
function LinkLine(): ReactElement | null {
  const text = useTexts(texts);
  const link = useStore(linkStore);
  const missed = useStore(missedStore);
  const [, tick] = useState(0);
  useServerSeconds(link.state === "offline");
  useEffect(() => {
    if (missed === undefined) return undefined;
    const timer = setTimeout(() => {
      missedStore.set(undefined);
      tick((value) => value + 1);
    }, 6000);
    return () => clearTimeout(timer);
  }, [missed]);
  if (link.state === "offline") {
    const age = Date.now() - link.since;
    if (age < 2000) return null;
    return (
      <div className="hl-line hl-line-fault" role="status">
        {age < 10_000 ? text.reconnecting : text.offline}
      </div>
    );
  }
  if (missed === undefined) return null;
  return (
    <div className="hl-line" role="status">
      {missed === "all" ? text.backAll : text.back(missed)}
    </div>
  );
}

function Tools({ onSignOut }: { readonly onSignOut: () => void }): ReactElement {
  const { user } = useSession();
  const text = useTexts(texts);
  const language = useLanguage();
  const theme = useStore(themeStore);
  const signOut = async (): Promise<void> => {
    forgetDrafts();
    await api.post("/api/auth/logout").catch((error: unknown) => console.warn("sign-out was not acknowledged", error));
    onSignOut();
  };
  const items = [
    { key: "theme", label: theme === "light" ? text.dark : text.light, icon: theme === "light" ? <MoonOutlined aria-hidden /> : <SunOutlined aria-hidden />, onClick: () => setTheme(theme === "light" ? "dark" : "light") },
    { key: "language", label: text.english, onClick: () => setLanguage(language === "zh" ? "en" : "zh") },
    { type: "divider" as const },
    { key: "out", label: text.signOut, onClick: () => void signOut() },
  ];
  return (
    <div className="hl-tools">
      <InboxButton />
      <DropMenu items={items} placement="bottomRight">
        <Button type="text" icon={<UserOutlined aria-hidden />} aria-label={user.displayName} title={user.displayName}>
          <span className="hl-user-name">{user.displayName}</span>
        </Button>
      </DropMenu>
    </div>
  );
}
