import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippAnswerer } from "./support/sipp.js";

interface Page<T> {
  readonly items: readonly T[];
}
interface Campaign {
  readonly id: string;
  readonly status: string;
  readonly counts: { readonly people: number; readonly attempts: number; readonly results: Readonly<Record<string, number>> };
}
interface Person {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly result: string | null;
  readonly attempts: number;
  readonly interactionId: string | null;
}
interface Attempt {
  readonly agent: string | null;
  readonly dialledAt: number | null;
  readonly answeredAt: number | null;
  readonly result: string | null;
}

const CITIZEN = "13900139000";

describe.skipIf(!hasSipp())("a campaign that announces something", () => {
  let example: Example;
  let carrierPort: number;

  beforeAll(async () => {
    carrierPort = await freePort();
    const trunks = [{ key: "demo", match: ["127.0.0.1"] }, { key: "carrier", outbound: { host: "127.0.0.1", port: carrierPort } }];
    example = await Example.start({ environment: { HOTLINE_SIP_TRUNKS: JSON.stringify(trunks) } });
  });
  afterAll(() => example?.dispose());

  const post = async <T>(path: string, body: unknown = {}): Promise<T> => {
    const response = await example.fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };

  /** An announcement to the citizen, at whatever hour the test runs. */
  async function begin(name: string): Promise<string> {
    const { id } = await post<Campaign>("/api/campaigns", { name, kind: "announcement", calendar: "hotline", queue: "general", prompt: { id: "P208", values: { announcement: "您可能符合技能提升补贴的申领条件，详情请拨打一二三三三咨询" } } });
    expect(await post(`/api/campaigns/${id}/people`, { csv: `姓名,电话\r\n王小二,${CITIZEN}\r\n` })).toMatchObject({ added: 1, invalid: 0 });
    await post(`/api/campaigns/${id}/start`);
    return id;
  }
  const done = (id: string): Promise<Campaign> => example.eventually<Campaign>(`/api/campaigns/${id}`, ({ status }) => status === "done", 60_000);

  it("rings a real telephone, is heard there, takes key 9 for never again and says so; nobody dials the number after that", async () => {
    const probe = await RtpProbe.open();
    const citizen = SippAnswerer.start({ port: carrierPort, mediaPort: probe.port, ringMs: 1_000, talkMs: 60_000 });
    try {
      const id = await begin("技能提升补贴宣讲");
      probe.playSilence();
      await probe.hearsSound(60_000);
      await pause(2_000);
      expect(probe.level(2_000)).toBeGreaterThan(-45);
      await probe.press("9");
      // Listed before it is confirmed.
      await example.eventually<Page<{ number: string; source: string }>>("/api/do-not-call", ({ items }) => items.some(({ number, source }) => number === CITIZEN && source === "person"), 10_000);
      await pause(1_500);
      expect(probe.level(1_000)).toBeGreaterThan(-45);
      // The hotline hangs up.
      expect(await citizen.exited).toBe(0);

      expect(await done(id)).toMatchObject({ counts: { people: 1, attempts: 1, results: { "refused-by-person": 1 } } });
      const [person] = (await example.get<Page<Person>>(`/api/campaigns/${id}/people`)).items;
      expect(person).toMatchObject({ number: CITIZEN, status: "closed", result: "refused-by-person", attempts: 1 });
      const attempts = await example.get<Page<Attempt>>(`/api/campaigns/${id}/people/${person?.id}/attempts`);
      expect(attempts.items).toMatchObject([{ agent: null, dialledAt: expect.any(Number), answeredAt: expect.any(Number), result: "answered" }]);
      const interaction = await example.get<{ direction: string; callerNumber: string; calledNumber: string; legs: readonly { role: string }[] }>(`/api/interactions/${person?.interactionId}`);
      expect(interaction).toMatchObject({ direction: "outbound", callerNumber: "12333", calledNumber: CITIZEN, legs: [{ role: "citizen" }] });

      // Already when a list is handed in.
      const { id: other } = await post<Campaign>("/api/campaigns", { name: "第三个宣讲", kind: "announcement", calendar: "hotline", prompt: { id: "P208", values: { announcement: "您好" } } });
      expect(await post(`/api/campaigns/${other}/people`, { people: [{ number: CITIZEN }] })).toEqual({ added: 0, duplicate: 0, doNotCall: 1, invalid: 0, invalidLines: [] });
      const refused = await example.fetch(`/api/campaigns/${other}/start`, { method: "POST" });
      expect(refused.status).toBe(409);
    } finally {
      probe.close();
      citizen.dispose();
    }
  }, 180_000);

  it("who is added and listed before their turn is not dialled", async () => {
    const listed = "13900139001";
    const { id } = await post<Campaign>("/api/campaigns", { name: "名单内有不再拨打的人", kind: "announcement", calendar: "hotline", prompt: { id: "P208", values: { announcement: "您好" } } });
    await post(`/api/campaigns/${id}/people`, { people: [{ number: listed }] });
    await post("/api/do-not-call", { number: listed });
    await post(`/api/campaigns/${id}/start`);
    expect(await done(id)).toMatchObject({ counts: { attempts: 0, results: { "do-not-call": 1 } } });
    const interactions = await example.get<Page<{ calledNumber: string }>>("/api/interactions");
    expect(interactions.items.filter(({ calledNumber }) => calledNumber === listed)).toEqual([]);
  }, 90_000);
});
