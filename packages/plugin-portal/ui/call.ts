import * as JsSIP from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession.js";
import type { UA } from "jssip/lib/UA.js";

/**
 * What the page `/portal/call` does in browsers: a token for one call, the microphone, the call, keys, mute, hang up.
 * ```
 * idle --start--> asking (microphone) --> calling --> on <--> mending --> over --start--> ...
 *                      \__________ denied, no microphone, too many, busy __________/
 * ```
 */

/** Answer of `POST /portal/call/token`. */
interface Token {
  readonly uri: string;
  readonly authorizationUser: string;
  readonly password: string;
  readonly realm: string;
  readonly path: string;
  readonly target: string;
}

type State = "idle" | "asking" | "calling" | "on" | "muted" | "mending" | "over" | "denied" | "noMicrophone" | "insecure" | "busy" | "tooMany";
const LIVE: readonly State[] = ["asking", "calling", "on", "muted", "mending"];
const TALKING: readonly State[] = ["on", "muted", "mending"];
const GATHER_MS = 600;
const MEND_AFTER_MS = 2_000;
const TONE = { duration: 120, interToneGap: 100 };

class CallPage {
  readonly #texts: Readonly<Record<string, string>>;
  readonly #ear = new Audio();
  #state: State = "idle";
  #agent: UA | undefined;
  #session: RTCSession | undefined;
  #stream: MediaStream | undefined;
  #since = 0;
  #clock: ReturnType<typeof setInterval> | undefined;
  #mend: ReturnType<typeof setTimeout> | undefined;
  #pressed = "";
  #minutes = "1";

  constructor(private readonly root: HTMLElement) {
    this.#texts = JSON.parse(root.dataset.texts ?? "{}") as Record<string, string>;
    this.#ear.autoplay = true;
    this.#part("talk-start").addEventListener("click", () => void this.#start());
    this.#part("talk-end").addEventListener("click", () => this.#hangUp());
    this.#part("talk-mute").addEventListener("click", () => this.#toggleMute());
    for (const key of root.querySelectorAll<HTMLButtonElement>("[data-key]")) key.addEventListener("click", () => this.#press(key.dataset.key ?? ""));
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !/^[0-9*#]$/.test(event.key) || !TALKING.includes(this.#state)) return;
      event.preventDefault();
      this.#press(event.key);
    });
    // A click too many must not end the talk.
    window.addEventListener("beforeunload", (event) => {
      if (TALKING.includes(this.#state)) event.preventDefault();
    });
    window.addEventListener("pagehide", () => this.#session?.terminate());
    root.hidden = false;
    this.#show(window.isSecureContext && navigator.mediaDevices !== undefined && window.RTCPeerConnection !== undefined ? "idle" : "insecure");
  }

  async #start(): Promise<void> {
    if (LIVE.includes(this.#state)) return;
    this.#pressed = "";
    this.#show("asking");
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true }, video: false });
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      return this.#end(name === "NotAllowedError" || name === "SecurityError" ? "denied" : "noMicrophone");
    }
    this.#show("calling");
    const token = await this.#token();
    if (token === undefined) return;
    this.#dial(token);
  }

  async #token(): Promise<Token | undefined> {
    try {
      const answer = await fetch("/portal/call/token", { method: "POST", credentials: "same-origin", headers: { Accept: "application/json", "X-Hotline-CSRF": "1" } });
      if (answer.ok) return (await answer.json()) as Token;
      const told = (await answer.json().catch(() => ({}))) as { details?: { minutes?: number } };
      this.#minutes = String(told.details?.minutes ?? 1);
      this.#end(answer.status === 429 ? "tooMany" : "busy");
    } catch (error) {
      console.warn("no token for a call", error);
      this.#end("busy");
    }
    return undefined;
  }

  #dial(token: Token): void {
    const agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${token.path}`)],
      uri: token.uri,
      authorization_user: token.authorizationUser,
      password: token.password,
      realm: token.realm,
      register: false,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
      user_agent: "hotline-portal",
    }) as UA;
    this.#agent = agent;
    let dialled = false;
    agent.on("connected", () => {
      if (dialled) return;
      dialled = true;
      this.#watch(agent.call(token.target, { mediaConstraints: { audio: true, video: false }, mediaStream: this.#stream as MediaStream, pcConfig: { iceServers: [] } }));
    });
    agent.on("disconnected", () => {
      if (!dialled) this.#end("busy");
    });
    agent.start();
  }

  #watch(session: RTCSession): void {
    this.#session = session;
    let gathered: ReturnType<typeof setTimeout> | undefined;
    session.on("icecandidate", ({ ready }: { ready(): void }) => {
      clearTimeout(gathered);
      gathered = setTimeout(() => ready(), GATHER_MS);
    });
    // Early announcements are heard too.
    this.#listen(session.connection);
    session.on("confirmed", () => {
      this.#since = Date.now();
      this.#clock = setInterval(() => this.#tick(), 500);
      this.#show("on");
    });
    session.on("ended", () => this.#end("over"));
    session.on("failed", ({ cause }: { cause: string }) => this.#end(this.#state === "over" || cause === "Canceled" ? "over" : "busy"));
  }

  #listen(connection: RTCPeerConnection): void {
    connection.addEventListener("track", ({ track, streams }) => {
      this.#ear.srcObject = streams[0] ?? new MediaStream([track]);
      void this.#ear.play();
    });
    connection.addEventListener("iceconnectionstatechange", () => {
      const { iceConnectionState } = connection;
      if (!TALKING.includes(this.#state)) return;
      if (iceConnectionState === "connected" || iceConnectionState === "completed") {
        clearTimeout(this.#mend);
        this.#show(this.#session?.isMuted().audio === true ? "muted" : "on");
      } else if (iceConnectionState === "disconnected" || iceConnectionState === "failed") {
        this.#show("mending");
        clearTimeout(this.#mend);
        // The network has changed: new addresses are agreed on (RFC 8445 section 9).
        this.#mend = setTimeout(() => this.#session?.renegotiate({ rtcOfferConstraints: { iceRestart: true } }), MEND_AFTER_MS);
      }
    });
  }

  #hangUp(): void {
    if (!LIVE.includes(this.#state)) return;
    const session = this.#session;
    this.#end("over");
    if (session !== undefined && !session.isEnded()) session.terminate();
  }

  #toggleMute(): void {
    const session = this.#session;
    if (session === undefined || !TALKING.includes(this.#state)) return;
    if (session.isMuted().audio === true) session.unmute({ audio: true });
    else session.mute({ audio: true });
    this.#show(session.isMuted().audio === true ? "muted" : "on");
  }

  #press(key: string): void {
    if (!TALKING.includes(this.#state)) return;
    this.#session?.sendDTMF(key, { ...TONE, transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833 });
    this.#pressed = `${this.#pressed}${key}`.slice(-20);
    this.#show(this.#state);
  }

  /** Lets go of microphone and connection. */
  #end(state: State): void {
    if (!LIVE.includes(this.#state)) return;
    clearInterval(this.#clock);
    clearTimeout(this.#mend);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#session = undefined;
    this.#ear.srcObject = null;
    const agent = this.#agent;
    this.#agent = undefined;
    // A hang-up is still on its way over the socket.
    setTimeout(() => agent?.stop(), 1_000);
    this.#show(state);
  }

  #tick(): void {
    const seconds = Math.max(0, Math.floor((Date.now() - this.#since) / 1000));
    this.#part("talk-time").textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  }

  #show(state: State): void {
    const again = this.#state !== "idle" || state !== "idle";
    this.#state = state;
    const live = LIVE.includes(state);
    const talking = TALKING.includes(state);
    this.root.dataset.state = state;
    const words = (this.#texts[state] ?? "").replace("{minutes}", this.#minutes);
    const told = this.#part("talk-state");
    if (told.textContent !== words) told.textContent = words;
    const start = this.#part("talk-start");
    start.hidden = live || state === "insecure";
    start.textContent = (again ? this.#texts.again : this.#texts.start) ?? "";
    this.#part("talk-end").hidden = !live;
    this.#part("talk-mute").hidden = !talking;
    this.#part("talk-mute").setAttribute("aria-pressed", String(state === "muted"));
    this.#part("talk-pad").hidden = !talking;
    // Its room is the keypad's: state, hang-up and keys are seen at once, on a small telephone too.
    this.#part("talk-before").hidden = talking;
    this.#part("talk-time").hidden = !talking;
    if (!talking) this.#part("talk-time").textContent = "00:00";
    this.#part("talk-sent").textContent = this.#pressed === "" ? "" : `${this.#texts.sent ?? ""}${this.#pressed}`;
    // The next thing to do is under the finger; nobody's caret is taken from a field here.
    if (state === "calling") this.#part("talk-end").focus();
  }

  #part(id: string): HTMLElement {
    const found = document.getElementById(id);
    if (found === null) throw new Error(`the page has no ${id}`);
    return found;
  }
}

const root = document.getElementById("talk");
if (root !== null) new CallPage(root);
