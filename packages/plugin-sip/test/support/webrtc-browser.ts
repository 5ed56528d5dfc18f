import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { BrowserContext, Page } from "playwright-core";

export const CHROMIUM = "/usr/bin/chromium";

/** Runs in the page: one WebRTC call whose microphone is a sine, and an ear that tells how much of a tone it hears. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>browser</title><script>
const calls = new Map();
async function open(name, hz) {
  const audio = new AudioContext({ sampleRate: 48000 });
  await audio.resume();
  const oscillator = new OscillatorNode(audio, { frequency: hz });
  const gain = new GainNode(audio, { gain: 0.3 });
  const out = new MediaStreamAudioDestinationNode(audio);
  oscillator.connect(gain).connect(out);
  oscillator.start();
  const pc = new RTCPeerConnection({ iceServers: [] });
  const sender = pc.addTrack(out.stream.getAudioTracks()[0], out.stream);
  const call = { pc, audio, sender, analyser: undefined };
  pc.ontrack = ({ track }) => {
    const stream = new MediaStream([track]);
    // Chromium lets remote sound flow only into a media element.
    const element = new Audio();
    element.srcObject = stream;
    element.muted = true;
    void element.play();
    call.element = element;
    call.analyser = new AnalyserNode(audio, { fftSize: 8192 });
    new MediaStreamAudioSourceNode(audio, { mediaStream: stream }).connect(call.analyser);
  };
  calls.set(name, call);
  return call;
}
function prefer(pc) {
  const wanted = ["audio/PCMA", "audio/PCMU", "audio/telephone-event"];
  const codecs = RTCRtpReceiver.getCapabilities("audio").codecs.filter((c) => wanted.includes(c.mimeType) && c.clockRate === 8000).sort((a, b) => wanted.indexOf(a.mimeType) - wanted.indexOf(b.mimeType));
  for (const transceiver of pc.getTransceivers()) transceiver.setCodecPreferences(codecs);
}
window.offer = async (name, hz, restart) => {
  const { pc } = calls.get(name) ?? (await open(name, hz));
  prefer(pc);
  await pc.setLocalDescription(await pc.createOffer({ iceRestart: restart === true }));
  return pc.localDescription.sdp;
};
window.take = (name, sdp) => calls.get(name).pc.setRemoteDescription({ type: "answer", sdp });
window.answer = async (name, hz, sdp) => {
  const { pc } = calls.get(name) ?? (await open(name, hz));
  await pc.setRemoteDescription({ type: "offer", sdp });
  prefer(pc);
  await pc.setLocalDescription(await pc.createAnswer());
  return pc.localDescription.sdp;
};
window.press = (name, keys) => calls.get(name).sender.dtmf.insertDTMF(keys, 100, 100);
window.state = (name) => calls.get(name).pc.connectionState;
window.stats = async (name) => [...(await calls.get(name).pc.getStats()).values()].filter((s) => s.type === "inbound-rtp" || s.type === "outbound-rtp" || s.type === "remote-inbound-rtp");
window.close = (name) => calls.get(name).pc.close();
window.direction = (name, direction) => { for (const t of calls.get(name).pc.getTransceivers()) t.direction = direction; };
/** Share of the last 170 ms of sound that lies within 20 Hz of this frequency, 0-1; 0 in silence. */
window.heard = (name, hz) => {
  const { analyser, audio } = calls.get(name);
  if (analyser === undefined) return 0;
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  let power = 0;
  let best = 0;
  for (const sample of samples) power += sample * sample;
  if (power / samples.length < 1e-6) return 0;
  for (let f = hz - 20; f <= hz + 20; f += 5) {
    let re = 0;
    let im = 0;
    for (let i = 0; i < samples.length; i++) {
      re += samples[i] * Math.cos((2 * Math.PI * f * i) / audio.sampleRate);
      im += samples[i] * Math.sin((2 * Math.PI * f * i) / audio.sampleRate);
    }
    best = Math.max(best, (2 * (re * re + im * im)) / samples.length / power);
  }
  return best;
};
</script>`;

/** A real Chromium that makes WebRTC calls; its SIP is the test's. */
export class Browser {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #server: Server;
  readonly #profile: string;

  private constructor(page: Page, context: BrowserContext, server: Server, profile: string) {
    this.page = page;
    this.#context = context;
    this.#server = server;
    this.#profile = profile;
  }

  static async open(args: readonly string[] = []): Promise<Browser> {
    const server = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end(PAGE));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const profile = mkdtempSync(join(tmpdir(), "hotline-chromium-"));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection", ...args,
      ],
    });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    // With the microphone allowed Chromium uses all its addresses, loopback among them.
    await page.evaluate("navigator.mediaDevices.getUserMedia({ audio: true }).then(() => undefined)");
    return new Browser(page, context, server, profile);
  }

  run<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    return this.page.evaluate(`window.${name}(...${JSON.stringify(args)})`) as Promise<T>;
  }

  /** The page's process dies with all its calls, without a word to anybody. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent("crash");
    void this.page.goto("chrome://crash").catch(() => undefined);
    await crashed;
  }

  async close(): Promise<void> {
    await this.#context.close();
    this.#server.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
