import { afterAll, beforeAll, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { RawCaller } from "./support/raw-caller.js";
import { goertzelLevel } from "./support/rtp-probe.js";
import { readWav } from "./support/wav.js";

const HOST = "::1";
/** Room for one call. */
const RTP = { first: 42_000 + (process.pid % 400) * 2 };
const CITIZEN_HZ = 700;

let example: Example;
let token = "";
const callers: RawCaller[] = [];

async function api(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://[::1]:${example.httpPort}${path}`, { ...init, headers: { "content-type": "application/json", ...(token === "" ? {} : { authorization: `Bearer ${token}` }) } });
}

function caller(): RawCaller {
  const made = new RawCaller(example.sipPort, HOST);
  callers.push(made);
  return made;
}

beforeAll(async () => {
  example = await Example.start({ environment: { HOTLINE_HOST: HOST, HOTLINE_RTP_PORTS: `${RTP.first}-${RTP.first + 1}` } });
  token = ((await (await api("/api/auth/login", { method: "POST", body: JSON.stringify({ username: "admin", password: "demo-admin" }) })).json()) as { token: string }).token;
}, 120_000);

afterAll(async () => {
  for (const each of callers) each.close();
  await example?.dispose();
});

it("IPv6 alone, and ports for one call: heard both ways; the second caller is told when to try again; then the ports are free", { timeout: 120_000 }, async () => {
  const first = caller();
  expect((await first.dial()).status).toBe(200);
  expect(first.answer?.text).toContain("c=IN IP6 ::1");
  const refused = await caller().dial();
  expect(refused.status).toBe(503);
  expect(refused.text).toMatch(/^Retry-After: *\d+/im);
  await first.speak(2_000, CITIZEN_HZ);
  // The welcome may have to be spoken first.
  await expect.poll(() => new Set(Buffer.concat(first.heard)).size, { timeout: 30_000 }).toBeGreaterThan(20);
  await first.hangup();

  // The answer to a BYE comes before the leg's ports are closed.
  await expect.poll(async () => (await caller().dial()).status, { timeout: 30_000, interval: 200 }).toBe(200);
  await callers.at(-1)?.hangup();

  // The first call was recorded: the caller left.
  const found = async (): Promise<string | undefined> => {
    const { items } = (await (await api("/api/recordings")).json()) as { items: readonly { id: string; state: string; startedAt: number; durationMs: number | null }[] };
    return items.find(({ state, durationMs }) => state !== "capturing" && (durationMs ?? 0) > 1_500)?.id;
  };
  await expect.poll(found, { timeout: 30_000 }).toBeDefined();
  const wav = readWav(Buffer.from(await (await api(`/api/recordings/${await found()}/audio`)).arrayBuffer()));
  const left = wav.channels[0] ?? new Int16Array();
  const levels = Array.from({ length: Math.floor(left.length / 800) }, (_, i) => goertzelLevel(left.subarray(i * 800, i * 800 + 800), CITIZEN_HZ));
  expect(Math.max(...levels)).toBeGreaterThan(-25);
});
