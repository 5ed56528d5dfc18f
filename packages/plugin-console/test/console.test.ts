import { createHotline, createSilentLogger, NOTIFICATIONS, SCREENS, type ConsoleUi, type ScreenAudience } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { demo, house, uiFolder, type House } from "./house.js";

let at: House;
afterEach(() => at.close());

interface Session {
  readonly news: { readonly epoch: string; readonly id: number };
  readonly timezone: string;
  readonly user: { readonly username: string; readonly agentNumber: string | null };
  readonly pages: readonly { readonly path: string; readonly plugin: string }[];
  readonly panels: readonly { readonly name: string }[];
  readonly scripts: readonly { readonly plugin: string; readonly script: string | null; readonly style: string | null }[];
}

const ui = (folder: URL) => ({
  folder,
  pages: [
    { path: "/demo", title: "演示", permission: "demo.use", menu: { icon: "list" as const, order: 10 } },
    { path: "/demo/lead", title: "班长", permission: "demo.lead" },
  ],
  panels: [{ slot: "agent.context", name: "facts", title: "资料", permission: "demo.lead" }],
});

const session = async (cookie: string): Promise<Session> => (await at.get("/api/console/session", cookie)).json() as Promise<Session>;

describe("the console", () => {
  it("is one page for every address below it, with its own security policy", async () => {
    at = await house([]);
    const [first, second] = [await at.get("/console"), await at.get("/console/demo/1?x=2")];
    expect([first.status, second.status]).toEqual([200, 200]);
    const policy = first.headers.get("content-security-policy") ?? "";
    const nonce = /'nonce-([\w-]+)'/.exec(policy)?.[1] ?? "";
    expect(nonce.length).toBeGreaterThan(15);
    expect(policy).not.toContain("unsafe");
    const html = await first.text();
    expect(html).toContain(`<script type="importmap" nonce="${nonce}">`);
    expect(html).toContain("<title>演示</title>");
    // Nobody can ride on a nonce that was given out before.
    expect(second.headers.get("content-security-policy")).not.toBe(policy);
    expect(first.headers.get("cache-control")).toBe("no-store");
  });

  it("gives its files for good under their hash, packed where the browser can unpack them", async () => {
    at = await house([]);
    const html = await (await at.get("/console")).text();
    const imports = (JSON.parse(/<script type="importmap"[^>]*>(.*?)<\/script>/.exec(html)?.[1] ?? "{}") as { imports: Record<string, string> }).imports;
    for (const name of ["react", "react/jsx-runtime", "react-dom", "antd", "@hotlinejs/plugin-console/sdk", "@hotlinejs/console/antd-base"]) expect(imports[name], name).toMatch(/^\/console\/assets\/[\w-]{12}\//);
    const react = imports.react ?? "";
    const packed = await at.get(react, undefined, { "accept-encoding": "gzip" });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("cache-control")).toContain("immutable");
    expect(packed.headers.get("content-type")).toContain("text/javascript");
    const plain = await at.get(react, undefined, { "accept-encoding": "identity" });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await plain.text()).toBe(await packed.text());
    for (const wrong of [react.replace(/assets\/[\w-]+/, "assets/aaaaaaaaaaaa"), react.replace("react.js", "nothing.js"), react.replace("react.js", "..%2f..%2fpackage.json")]) expect((await at.get(wrong)).status, wrong).toBe(404);
  });

  it("gives each person the pages and panels of their permissions", async () => {
    at = await house([demo(ui(uiFolder({ "index.js": "export const ui = () => ({});", "index.css": "p{}" })))]);
    expect((await at.get("/api/console/session")).status).toBe(401);
    const [anna, bo, guest] = [await session(await at.signIn("anna")), await session(await at.signIn("bo")), await session(await at.signIn("guest"))];
    expect(anna.pages.map(({ path }) => path)).toEqual(["/demo"]);
    expect(anna.panels).toEqual([]);
    expect(anna.user).toMatchObject({ username: "anna", agentNumber: "1001" });
    expect(anna.timezone).toBe("Asia/Shanghai");
    expect(bo.pages.map(({ path }) => path)).toEqual(["/demo", "/demo/lead"]);
    expect(bo.panels.map(({ name }) => name)).toEqual(["facts"]);
    expect(guest).toMatchObject({ pages: [], panels: [], scripts: [] });
  });

  it("serves a plugin's script to who is signed in, and nothing else of its folder", async () => {
    at = await house([demo(ui(uiFolder({ "index.js": "export const ui = () => ({});", "index.css": "p{}", "secret.key": "x" })))]);
    const cookie = await at.signIn("anna");
    const [entry] = (await session(cookie)).scripts;
    expect(entry?.script).toMatch(/^\/console\/ext\/demo\/[\w-]{12}\/index\.js$/);
    expect(entry?.style).toMatch(/index\.css$/);
    expect(await (await at.get(entry?.script ?? "", cookie)).text()).toBe("export const ui = () => ({});");
    expect((await at.get(entry?.script ?? "")).status).toBe(401);
    expect((await at.get((entry?.script ?? "").replace("index.js", "secret.key"), cookie)).status).toBe(404);
    expect((await at.get((entry?.script ?? "").replace("/demo/", "/other/"), cookie)).status).toBe(404);
  });

  it("says so when a plugin's pages are not built; the others are there", async () => {
    at = await house([demo(ui(uiFolder())), demo({ folder: uiFolder({ "index.js": "" }), pages: [{ path: "/two", title: "二", permission: "demo.use" }] }, "two")]);
    const { scripts } = await session(await at.signIn("anna"));
    expect(scripts.find(({ plugin }) => plugin === "demo")).toEqual({ plugin: "demo", script: null, style: null });
    expect(scripts.find(({ plugin }) => plugin === "two")?.script).toContain("/console/ext/two/");
    const health = (await (await at.get("/api/health")).json()) as { ok: boolean; plugins: { name: string; ok: boolean }[] };
    expect(health.plugins.find(({ name }) => name === "console")?.ok).toBe(false);
  });

  it("shows nobody the pages of a plugin that has failed, and counts none of them as missing", async () => {
    const two: ConsoleUi = { folder: uiFolder(), pages: [{ path: "/two", title: "二", permission: "demo.use" }], panels: [{ slot: "ticket", name: "two", title: "二", permission: "demo.use" }] };
    at = await house([
      demo(ui(uiFolder({ "index.js": "" }))),
      demo(two, "two", () => {
        throw new Error("no printer");
      }),
    ]);
    const { pages, panels, scripts } = await session(await at.signIn("anna"));
    expect(pages.map(({ path }) => path)).toEqual(["/demo"]);
    expect([panels.map(({ name }) => name), scripts.map(({ plugin }) => plugin)]).toEqual([[], ["demo"]]);
    const health = (await (await at.get("/api/health")).json()) as { plugins: { name: string; state: string; ok: boolean }[] };
    expect(health.plugins.filter(({ name }) => name === "console" || name === "two").map(({ name, ok }) => [name, ok])).toEqual([["console", true], ["two", false]]);
  });

  it("two plugins cannot have one page", async () => {
    at = await house([]);
    const folder = uiFolder();
    const twice = createHotline({ dataDir: `${folder.pathname}data`, logger: createSilentLogger(), plugins: [demo(ui(folder)), demo({ folder, pages: [{ path: "/demo", title: "二", permission: "authenticated" }] }, "two")] });
    await expect(twice.start()).rejects.toMatchObject({ code: "HTL_CORE_PAGE_DUPLICATE" });
  });
});

interface Told {
  readonly type: string;
  readonly id?: number;
  readonly epoch?: string;
  readonly missed?: number;
  readonly topic?: string;
  readonly data?: unknown;
}

/** A page's connection: what it was told so far. */
async function open(cookie: string): Promise<{ readonly told: Told[]; readonly socket: WebSocket; until(fits: (message: Told) => boolean): Promise<Told> }> {
  const told: Told[] = [];
  const socket = new WebSocket(`${at.url.replace("http", "ws")}/console/live`, { headers: { cookie, origin: at.url } });
  socket.on("message", (data: Buffer) => told.push(JSON.parse(data.toString()) as Told));
  const until = async (fits: (message: Told) => boolean): Promise<Told> => {
    for (let turn = 0; turn < 500; turn++) {
      const found = told.find(fits);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`not told: ${JSON.stringify(told)}`);
  };
  await until(({ type }) => type === "hello");
  return { told, socket, until };
}

describe("screens", () => {
  const tell = (audience: ScreenAudience, topic: string, data: unknown = {}): void => at.hotline.services.get(SCREENS).tell(audience, { topic, data });
  const topics = (told: readonly Told[]): readonly string[] => told.flatMap(({ topic }) => (topic === undefined ? [] : [topic]));

  it("tell whom it concerns: by person, agent, department, permission", async () => {
    at = await house([demo(ui(uiFolder()))]);
    const [anna, bo] = [await open(await at.signIn("anna")), await open(await at.signIn("bo"))];
    tell({ users: ["u-bo"] }, "user");
    tell({ agents: ["1001"] }, "agent");
    tell({ departments: ["204"] }, "department");
    tell({ permission: "demo.lead" }, "lead");
    tell({ permission: "demo.use", users: ["nobody"] }, "use", { n: 1 });
    await Promise.all([anna.until(({ topic }) => topic === "use"), bo.until(({ topic }) => topic === "use")]);
    expect(topics(anna.told)).toEqual(["agent", "department", "use"]);
    expect(topics(bo.told)).toEqual(["user", "lead", "use"]);
    for (const { socket } of [anna, bo]) socket.close();
  });

  it("after an interruption tell what was missed, once, and only what concerns the person", async () => {
    at = await house([demo(ui(uiFolder()))]);
    const cookie = await at.signIn("anna");
    const first = await open(cookie);
    tell({ agents: ["1001"] }, "before");
    const { id } = await first.until(({ topic }) => topic === "before");
    const epoch = first.told[0]?.epoch;
    first.socket.terminate();
    tell({ agents: ["1001"] }, "missed");
    tell({ users: ["u-bo"] }, "another's");
    const second = await open(cookie);
    second.socket.send(JSON.stringify({ type: "resume", epoch, last: id }));
    expect(await second.until(({ type }) => type === "resumed")).toMatchObject({ missed: 1 });
    expect(topics(second.told)).toEqual(["missed"]);
    // Numbers of another process, or from before what is kept: everything is to be loaded anew.
    second.socket.send(JSON.stringify({ type: "resume", epoch: "another", last: 1 }));
    await second.until(({ type }) => type === "reset");
    second.socket.send("no json");
    second.socket.send(JSON.stringify({ type: "ping" }));
    await second.until(({ type }) => type === "pong");
    second.socket.close();
  });

  it("tell from where the session was asked for, when the connection comes later", async () => {
    at = await house([demo(ui(uiFolder()))]);
    const cookie = await at.signIn("anna");
    tell({ agents: ["1001"] }, "before");
    const { news } = await session(cookie);
    tell({ agents: ["1001"] }, "between");
    const page = await open(cookie);
    page.socket.send(JSON.stringify({ type: "resume", epoch: news.epoch, last: news.id }));
    expect(await page.until(({ type }) => type === "resumed")).toMatchObject({ missed: 1 });
    expect(topics(page.told)).toEqual(["between"]);
    page.socket.close();
  });

  it("are not for strangers", async () => {
    at = await house([]);
    const refused = new WebSocket(`${at.url.replace("http", "ws")}/console/live`);
    expect(await new Promise((resolve) => refused.once("unexpected-response", (_request, response) => resolve(response.statusCode)).once("open", () => resolve("open")))).toBe(401);
  });

  it("keep what is a notification: unread per person, told at once, read once, thrown away in the end", async () => {
    at = await house([demo(ui(uiFolder()))]);
    const [annaCookie, boCookie] = [await at.signIn("anna"), await at.signIn("bo")];
    const anna = await open(annaCookie);
    const notifications = at.hotline.services.get(NOTIFICATIONS);
    const send = (to: string, text: string) => notifications.send({ channel: "screen", to, template: "demo.told", title: "提醒", text, subject: { type: "ticket", id: "t1" } });
    await send("permission:demo.use", "给所有人");
    await send("agent:1001", "给坐席");
    await send("department:999", "给别的科室");
    for (let turn = 0; turn < 20; turn++) await at.clock.advance(500);
    await anna.until(({ topic, data }) => topic === "console.inbox" && (data as { text: string }).text === "给坐席");
    const inbox = async (cookie: string) => (await (await at.get("/api/console/inbox", cookie)).json()) as { unread: number; items: { id: string; text: string; read: boolean; subject: unknown }[] };
    const mine = await inbox(annaCookie);
    expect(mine.unread).toBe(2);
    expect(mine.items.map(({ text }) => text).sort()).toEqual(["给坐席", "给所有人"].sort());
    expect(mine.items[0]?.subject).toEqual({ type: "ticket", id: "t1" });
    expect((await inbox(boCookie)).items.map(({ text }) => text)).toEqual(["给所有人"]);
    const ids = mine.items.map(({ id }) => id);
    expect(await (await at.post("/api/console/inbox/read", { ids }, annaCookie)).json()).toEqual({ unread: 0 });
    expect(await (await at.post("/api/console/inbox/read", { ids }, annaCookie)).json()).toEqual({ unread: 0 });
    expect((await inbox(annaCookie)).items.every(({ read }) => read)).toBe(true);
    // Read by one is not read by another, and nobody reads for somebody else.
    expect((await inbox(boCookie)).unread).toBe(1);
    anna.socket.close();
    await at.clock.advance(91 * 86_400_000);
    for (let turn = 0; turn < 20; turn++) await at.clock.advance(500);
    expect((await inbox(await at.signIn("anna"))).items).toEqual([]);
  }, 60_000);
});
