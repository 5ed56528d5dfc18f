import type { Page } from "playwright-core";

/** Runs in the page: keeps its peer connections, and measures how much of a tone comes in by the last one. */
const EAR = `(() => {
  const connections = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real { constructor(...args) { super(...args); connections.push(this); } };
  const sockets = [];
  const RealSocket = window.WebSocket;
  window.WebSocket = class extends RealSocket { constructor(url, protocols) { super(url, protocols); if (String(url).endsWith("/sip")) sockets.push(this); } };
  const ears = new WeakMap();
  window.tabEar = {
    connections: () => connections.length,
    cutSip: () => { const open = sockets.filter((s) => s.readyState === 1); for (const s of open) s.close(); return open.length; },
    sipSockets: () => sockets.length,
    async heard(frequencies) {
      const connection = connections.filter((c) => c.connectionState !== "closed").at(-1);
      const track = connection?.getReceivers()[0]?.track;
      if (track === undefined) return frequencies.map(() => 0);
      let ear = ears.get(track);
      if (ear === undefined) {
        const audio = new AudioContext({ sampleRate: 48000 });
        await audio.resume();
        const analyser = new AnalyserNode(audio, { fftSize: 8192 });
        new MediaStreamAudioSourceNode(audio, { mediaStream: new MediaStream([track]) }).connect(analyser);
        ear = { audio, analyser };
        ears.set(track, ear);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      const samples = new Float32Array(ear.analyser.fftSize);
      ear.analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, s) => sum + s * s, 0);
      if (power / samples.length < 1e-6) return frequencies.map(() => 0);
      return frequencies.map((hz) => {
        let best = 0;
        for (let f = hz - 20; f <= hz + 20; f += 5) {
          let re = 0, im = 0;
          for (let i = 0; i < samples.length; i++) { const w = (2 * Math.PI * f * i) / 48000; re += samples[i] * Math.cos(w); im += samples[i] * Math.sin(w); }
          best = Math.max(best, (2 * (re * re + im * im)) / samples.length / power);
        }
        return best;
      });
    },
  };
})()`;

/** What comes out of a tab's call, and its connections. Set up before the page is loaded. */
export class TabEar {
  private constructor(private readonly page: Page) {}

  static async on(page: Page): Promise<TabEar> {
    await page.addInitScript(EAR);
    return new TabEar(page);
  }

  /** Share of the last 170 ms of sound within 20 Hz of each frequency; 0 in silence. */
  heard(...hz: readonly number[]): Promise<readonly number[]> {
    return this.page.evaluate(`window.tabEar.heard(${JSON.stringify(hz)})`) as Promise<readonly number[]>;
  }

  /** Waits until the sound is (almost) nothing but this tone. */
  async hearsTone(hz: number, timeoutMs = 20_000): Promise<void> {
    await this.#until(async () => ((await this.heard(hz))[0] ?? 0) > 0.6, timeoutMs, `${hz} Hz`);
  }

  /** Waits until this tone has gone for more than a burst of it. */
  async falls(hz: number, timeoutMs = 15_000): Promise<void> {
    let quiet = 0;
    await this.#until(
      async () => {
        quiet = ((await this.heard(hz))[0] ?? 0) < 0.05 ? quiet + 1 : 0;
        return quiet >= 25;
      },
      timeoutMs,
      `${hz} Hz falling silent`,
    );
  }

  /** Waits for a key's two tones (ITU-T Q.23) together. */
  async hearsKey(low: number, high: number, timeoutMs = 15_000): Promise<void> {
    await this.#until(
      async () => {
        const [a = 0, b = 0] = await this.heard(low, high);
        // A key is shorter than what is looked at: the rest of it is silence.
        return a > 0.1 && b > 0.1;
      },
      timeoutMs,
      `the key of ${low} and ${high} Hz`,
    );
  }

  /** Closes the SIP WebSockets of the page, as a network would. Returns how many. */
  cutSip(): Promise<number> {
    return this.page.evaluate("window.tabEar.cutSip()") as Promise<number>;
  }

  sipSockets(): Promise<number> {
    return this.page.evaluate("window.tabEar.sipSockets()") as Promise<number>;
  }

  /** Peer connections the page has made since it was loaded. */
  connections(): Promise<number> {
    return this.page.evaluate("window.tabEar.connections()") as Promise<number>;
  }

  async #until(condition: () => Promise<boolean>, timeoutMs: number, what: string): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(`the tab did not hear ${what} within ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
