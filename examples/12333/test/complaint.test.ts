import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { sameSound } from "./support/same-sound.js";
import { SippCallers } from "./support/sipp.js";
import { loudest, readWav } from "./support/wav.js";

interface Ticket {
  readonly id: string;
  readonly serial: string;
  readonly kind: string;
  readonly category: string | null;
  readonly status: string;
  readonly source: string;
  readonly recordings: readonly string[];
}

/** Dials, goes through `keys` (one prompt each) and hands the probe over. */
async function call(example: Example, from: string, keys: readonly string[], then: (probe: RtpProbe) => Promise<void>): Promise<void> {
  const probe = await RtpProbe.open();
  const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from, mediaPort: probe.port }], talkMs: 90_000 });
  try {
    probe.playSilence();
    await probe.hearsSound();
    // The welcome with its recording notice cannot be cut short.
    await pause(6_500);
    for (const key of keys) {
      await pause(1_200);
      await probe.press(key);
    }
    await then(probe);
    expect(caller.errors()).toBe("");
  } finally {
    caller.dispose();
    probe.close();
  }
}

describe.skipIf(!hasSipp())("a complaint by telephone", () => {
  let example: Example;
  beforeAll(async () => {
    example = await Example.start();
  });
  afterAll(() => example?.dispose());

  const tickets = (): Promise<{ items: readonly Ticket[] }> => example.get("/api/tickets");

  it("2-3: what the citizen says becomes a ticket with that recording, and the serial is spoken", async () => {
    await call(example, "13900139000", ["2", "3", "2"], async (probe) => {
      // After the beep the citizen speaks for three seconds and ends with #.
      await probe.hearsBeep();
      probe.playTone(500);
      await pause(3_000);
      probe.playSilence();
      await pause(500);
      const before = probe.packets.length;
      await probe.press("#");
      const page = await example.eventually<{ items: readonly Ticket[] }>("/api/tickets", ({ items }) => items.length === 1);
      const ticket = page.items[0];
      expect(ticket?.serial).toMatch(/^\d{12}$/);
      expect(ticket?.kind).toBe("complaint");
      expect(ticket?.recordings.length).toBeGreaterThanOrEqual(1);
      // The serial is spoken twice: seconds of sound.
      await pause(5_000);
      expect(probe.level(4_000)).toBeGreaterThan(-40);
      expect(probe.packets.length).toBeGreaterThan(before + 150);
    });
    const [ticket] = (await tickets()).items;
    const details = await Promise.all((ticket?.recordings ?? []).map((id) => example.get<{ id: string; kind: string; durationMs: number; voicedMs: number }>(`/api/recordings/${id}`)));
    const message = details.find((each) => each.kind !== "call");
    expect(message?.durationMs).toBeGreaterThan(2_000);
    const audio = await example.fetch(`/api/recordings/${message?.id}/audio`);
    const wav = readWav(Buffer.from(await audio.arrayBuffer()));
    expect(loudest(wav.channels[0])).toBeGreaterThan(3_000);
  }, 120_000);

  it("2-6: the serial keyed in speaks the state; a wrong one speaks something else", async () => {
    const [ticket] = (await tickets()).items;
    const state = await answerTo(example, `${ticket?.serial ?? ""}#`, "13700137000");
    const wrong = await answerTo(example, `${withWrongOrder(ticket?.serial ?? "")}#`, "13700137001");
    expect(state.level).toBeGreaterThan(-40);
    expect(wrong.level).toBeGreaterThan(-40);
    expect(sameSound(state.samples, wrong.samples)).toBe(false);
    // The same question gets the same answer.
    const again = await answerTo(example, `${ticket?.serial ?? ""}#`, "13700137002");
    expect(sameSound(state.samples, again.samples)).toBe(true);
  }, 120_000);
});

async function answerTo(example: Example, keys: string, from: string): Promise<{ samples: Int16Array; level: number }> {
  let samples = new Int16Array();
  let level = -120;
  await call(example, from, ["2", "6"], async (probe) => {
    await pause(1_500);
    await probe.press(keys, 60);
    // The first key has cut the question short; what is heard from here is the answer.
    const at = probe.samples().length;
    await pause(5_000);
    samples = probe.samples().slice(at + 800, at + 800 + 3 * 8_000);
    level = probe.level(3_000);
  });
  return { samples, level };
}

/** A serial of the right form (check digit included) that was never given out. */
function withWrongOrder(serial: string): string {
  const body = `${serial.slice(0, 6)}99999`;
  for (let digit = 0; digit <= 9; digit++) if (luhn(`${body}${digit}`)) return `${body}${digit}`;
  throw new Error("no check digit");
}

function luhn(digits: string): boolean {
  let sum = 0;
  [...digits].reverse().forEach((char, index) => {
    const value = Number(char) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return sum % 10 === 0;
}
