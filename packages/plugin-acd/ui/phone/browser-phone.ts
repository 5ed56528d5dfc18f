import * as JsSIP from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession.js";
import type { Socket } from "jssip/lib/Socket.js";
import type { IncomingRTCSessionEvent, UA } from "jssip/lib/UA.js";
import { api, type ApiError } from "@hotlinejs/plugin-console/sdk";
import { microphoneProblem, openMicrophone, problemOf } from "./microphone.js";
import { patchPhone, phoneStore, settingsStore, type PhoneCall, type SoundKind } from "./phone-state.js";
import { Ringer } from "./ringer.js";
import { SipSocket } from "./sip-socket.js";
import { SoundMeter } from "./sound-meter.js";

/** Answer of `POST /api/sip/credentials`. */
interface Credentials {
  readonly uri: string;
  readonly authorizationUser: string;
  readonly password: string;
  readonly realm: string;
  readonly wsUrl: string;
  readonly expiresAt: number;
}

const REGISTER_SECONDS = 120;
/** Credentials are replaced so long before they run out. */
const RENEW_BEFORE_MS = 5 * 60_000;
const RETRY_MS = 5_000;
/** No more addresses of this computer are waited for. */
const GATHER_MS = 600;
/** ICE may come back by itself; then it is asked to. */
const MEND_AFTER_MS = 2_000;
const STATS_MS = 2_000;
/** RMS of speech into the microphone; so many looks of the last ones make somebody who speaks. */
const SPEECH = 0.03;
const SPEECH_LOOKS = 3;
const LAST_LOOKS = 10;

/** One call's end in this browser. */
interface Line {
  readonly session: RTCSession;
  connection: RTCPeerConnection | undefined;
  stream: MediaStream | undefined;
  meter: SoundMeter | undefined;
  mend: ReturnType<typeof setTimeout> | undefined;
  stats: ReturnType<typeof setInterval> | undefined;
  talking: boolean;
}

/** The telephone in this tab: registers with credentials of the session, rings, answers, mends itself. One call at a time. */
export class BrowserPhone {
  readonly #expected: () => boolean;
  readonly #inCall: () => boolean;
  readonly #ringer = new Ringer((silent) => patchPhone({ silent }));
  readonly #ear = new Audio();
  #agent: UA | undefined;
  #socket: SipSocket | undefined;
  readonly #networkChanged = (): void => void this.#socket?.prove();
  #line: Line | undefined;
  #renew: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  /**
   * @param expected whether the next ring is the agent's own dialling
   * @param inCall whether the agent talks at another phone of theirs
   */
  constructor(expected: () => boolean, inCall: () => boolean) {
    this.#expected = expected;
    this.#inCall = inCall;
    this.#ear.autoplay = true;
    window.addEventListener("online", this.#networkChanged);
    connectionOf(navigator)?.addEventListener("change", this.#networkChanged);
  }

  /** Never rejects: what is wrong stands in the store, and is tried again where that can help. */
  async start(): Promise<void> {
    await this.#ringer.open();
    await this.#connect();
  }

  /** Asked for once more by the agent. */
  async check(): Promise<void> {
    const problem = await microphoneProblem(settingsStore.get().microphone);
    patchPhone({ problem });
    await this.#ringer.open();
    if (problem === undefined && this.#agent === undefined) await this.#connect();
  }

  async stop(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#renew);
    clearTimeout(this.#retry);
    const line = this.#line;
    // The call is not taken from the citizen because the agent has chosen another phone.
    if (line?.talking === true) await new Promise<void>((resolve) => line.session.once("ended", () => resolve()));
    this.#ringer.close();
    window.removeEventListener("online", this.#networkChanged);
    connectionOf(navigator)?.removeEventListener("change", this.#networkChanged);
    this.#agent?.stop();
    patchPhone({ call: undefined });
  }

  useDevices(): void {
    void this.#ringer.useDevices();
    const { speaker } = settingsStore.get();
    if ("setSinkId" in this.#ear) this.#ear.setSinkId(speaker).catch((error: unknown) => console.warn("the talk device cannot be used", error));
    const line = this.#line;
    const { microphone } = settingsStore.get();
    const current = line?.stream?.getAudioTracks()[0]?.getSettings().deviceId;
    if (line?.stream !== undefined && microphone !== "" && current !== microphone) void this.#changeMicrophone(line, microphone);
  }

  async answer(): Promise<void> {
    const line = this.#line;
    if (line === undefined || phoneStore.get().call?.state !== "ringing") return;
    this.#ringer.quiet();
    this.#show({ state: "answering" });
    try {
      line.stream = await openMicrophone(settingsStore.get().microphone);
    } catch (error) {
      const problem = problemOf(error);
      patchPhone({ problem });
      // It may be given in a moment: the caller is not refused for it.
      this.#show({ state: "ringing" });
      return;
    }
    if (this.#line !== line) return release(line);
    patchPhone({ problem: undefined });
    line.session.answer({ mediaConstraints: { audio: true, video: false }, mediaStream: line.stream, pcConfig: { iceServers: [] } });
    this.#watchMicrophone(line);
  }

  /** A sound of the bar: this tab is the one that plays them. */
  play(kind: SoundKind): void {
    this.#ringer.play(kind);
  }

  toggleMute(): void {
    const line = this.#line;
    if (line === undefined || !line.talking) return;
    // By way of the session, which sets the track again at each renegotiation.
    if (line.session.isMuted().audio === true) line.session.unmute({ audio: true });
    else line.session.mute({ audio: true });
    this.#readMute(line);
  }

  /** What is shown is what the sender sends. */
  #readMute(line: Line): void {
    const sent = line.connection?.getSenders().find(({ track }) => track?.kind === "audio")?.track ?? line.stream?.getAudioTracks()[0];
    this.#show({ muted: sent?.enabled === false, unheard: false });
  }

  async #connect(): Promise<void> {
    if (this.#over) return;
    let credentials: Credentials;
    try {
      credentials = await api.post<Credentials>("/api/sip/credentials");
    } catch (error) {
      const { status } = error as ApiError;
      const refused = status === 401 || status === 403 || status === 404;
      patchPhone({ link: refused ? "off" : "lost", problem: refused ? "credentials" : undefined });
      if (!refused) this.#retry = setTimeout(() => void this.#connect(), RETRY_MS);
      return;
    }
    if (this.#isOver()) return;
    const socket = new SipSocket(credentials.wsUrl);
    const agent = new JsSIP.UA({
      sockets: [socket as unknown as Socket],
      uri: credentials.uri,
      authorization_user: credentials.authorizationUser,
      password: credentials.password,
      realm: credentials.realm,
      register: true,
      register_expires: REGISTER_SECONDS,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
      user_agent: "hotline-browser",
    }) as UA;
    this.#agent = agent;
    this.#socket = socket;
    agent.on("registered", () => {
      patchPhone({ link: "ready", problem: phoneStore.get().problem === "refused" ? undefined : phoneStore.get().problem });
      this.#mendAfterReturn();
    });
    agent.on("disconnected", () => {
      if (!this.#over) patchPhone({ link: "lost" });
    });
    // Credentials may have run out while the computer slept.
    agent.on("registrationFailed", ({ response }) => {
      if (this.#over || response === undefined || response === null) return;
      patchPhone({ link: "lost" });
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => void this.#refresh(true), RETRY_MS);
    });
    agent.on("newRTCSession", (event: { originator: string }) => {
      if (event.originator === "remote") this.#incoming(event as unknown as IncomingRTCSessionEvent);
    });
    this.#renewLater(credentials);
    agent.start();
  }

  // Read anew after an await; the compiler would take the earlier answer.
  #isOver(): boolean {
    return this.#over;
  }

  #renewLater({ expiresAt }: Credentials): void {
    clearTimeout(this.#renew);
    const left = expiresAt - Date.now();
    this.#renew = setTimeout(() => void this.#refresh(false), Math.max(RETRY_MS, Math.min(left - RENEW_BEFORE_MS, left / 2)));
  }

  async #refresh(register: boolean): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined || this.#over) return;
    try {
      const fresh = await api.post<Credentials>("/api/sip/credentials");
      agent.set("authorization_user", fresh.authorizationUser);
      agent.set("password", fresh.password);
      agent.set("realm", fresh.realm);
      this.#renewLater(fresh);
      if (register) agent.register();
    } catch (error) {
      const { status } = error as ApiError;
      if (status === 401 || status === 403) return patchPhone({ problem: "refused" });
      this.#retry = setTimeout(() => void this.#refresh(register), RETRY_MS);
    }
  }

  #incoming({ session, request }: IncomingRTCSessionEvent): void {
    // RFC 5373: a call that was this agent's before is put back without a second answer.
    const back = /^\s*auto\b/i.test(request.getHeader("Answer-Mode") ?? "");
    // Then the leg it had is over, and only the word of it was lost with the network.
    if (back && this.#line?.talking === true) this.#replaced(this.#line);
    if (this.#line !== undefined || this.#over) {
      session.terminate({ status_code: 486 });
      return;
    }
    const line: Line = { session, connection: undefined, stream: undefined, meter: undefined, mend: undefined, stats: undefined, talking: false };
    this.#line = line;
    patchPhone({ call: { state: "ringing", muted: false, unheard: false, broken: false, quality: undefined } });
    session.on("peerconnection", ({ peerconnection }) => this.#attach(line, peerconnection));
    let gathered: ReturnType<typeof setTimeout> | undefined;
    session.on("icecandidate", ({ ready }: { ready(): void }) => {
      clearTimeout(gathered);
      gathered = setTimeout(() => ready(), GATHER_MS);
    });
    session.on("confirmed", () => {
      line.talking = true;
      this.#show({ state: "talking" });
      this.#ringer.play("tick");
    });
    session.on("ended", () => this.#gone(line));
    session.on("failed", () => this.#gone(line));
    if (this.#expected() || back) void this.answer();
    else this.#ringer.ring(this.#inCall());
  }

  #attach(line: Line, connection: RTCPeerConnection): void {
    line.connection = connection;
    connection.addEventListener("track", ({ track, streams }) => {
      this.#ear.srcObject = streams[0] ?? new MediaStream([track]);
      this.useDevices();
      this.#ear.play().then(
        () => patchPhone({ silent: false }),
        () => this.#playAtNextTouch(),
      );
    });
    connection.addEventListener("iceconnectionstatechange", () => this.#iceChanged(line, connection));
    line.stats = setInterval(() => void this.#measure(line, connection), STATS_MS);
  }

  #playAtNextTouch(): void {
    patchPhone({ silent: true });
    const again = (): void => {
      window.removeEventListener("pointerdown", again, { capture: true });
      window.removeEventListener("keydown", again, { capture: true });
      void this.#ear.play().then(() => patchPhone({ silent: false }));
    };
    window.addEventListener("pointerdown", again, { capture: true });
    window.addEventListener("keydown", again, { capture: true });
  }

  #iceChanged(line: Line, { iceConnectionState }: RTCPeerConnection): void {
    if (this.#line !== line) return;
    if (iceConnectionState === "connected" || iceConnectionState === "completed") {
      clearTimeout(line.mend);
      line.mend = undefined;
      this.#show({ broken: false });
    } else if (iceConnectionState === "disconnected" || iceConnectionState === "failed") {
      if (phoneStore.get().call?.broken === false) this.#ringer.play("lost");
      this.#show({ broken: true });
      line.mend ??= setTimeout(() => void this.#restartIce(line), MEND_AFTER_MS);
    }
  }

  /** The network has changed under the call: new addresses are agreed on (RFC 8445 section 9). */
  async #restartIce(line: Line): Promise<void> {
    const wanted = (): boolean => this.#line === line && line.talking && phoneStore.get().call?.broken === true && phoneStore.get().link === "ready";
    // Without the socket nothing can be agreed; `registered` comes back here. An offer that went into one that only seems open would end the call, unanswered.
    const alive = wanted() && (await this.#socket?.prove()) === true;
    line.mend = undefined;
    if (!alive || !wanted()) return;
    line.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
    line.mend = setTimeout(() => void this.#restartIce(line), RETRY_MS);
  }

  #mendAfterReturn(): void {
    const line = this.#line;
    if (line !== undefined && line.mend === undefined) void this.#restartIce(line);
  }

  async #measure(line: Line, connection: RTCPeerConnection): Promise<void> {
    const reports = [...(await connection.getStats()).values()] as { type: string; packetsLost?: number; packetsReceived?: number; jitter?: number }[];
    const inbound = reports.find(({ type }) => type === "inbound-rtp");
    if (inbound === undefined || this.#line !== line) return;
    const quality = line.talking ? qualityOf(line, inbound) : undefined;
    this.#show({ quality });
  }

  #watchMicrophone(line: Line): void {
    const stream = line.stream;
    if (stream === undefined) return;
    let looks: boolean[] = [];
    line.meter = new SoundMeter(stream, (level) => {
      const call = phoneStore.get().call;
      if (call === undefined || !call.muted) {
        looks = [];
        return;
      }
      looks = [...looks, level > SPEECH].slice(-LAST_LOOKS);
      this.#show({ unheard: looks.filter((loud) => loud).length >= SPEECH_LOOKS });
    });
  }

  async #changeMicrophone(line: Line, deviceId: string): Promise<void> {
    try {
      const stream = await openMicrophone(deviceId);
      const [track] = stream.getAudioTracks();
      const sender = line.connection?.getSenders().find((each) => each.track?.kind === "audio");
      if (track === undefined || sender === undefined || this.#line !== line) {
        for (const each of stream.getTracks()) each.stop();
        return;
      }
      track.enabled = sender.track?.enabled ?? true;
      await sender.replaceTrack(track);
      release(line);
      line.stream = stream;
      this.#watchMicrophone(line);
      this.#readMute(line);
    } catch (error) {
      patchPhone({ problem: problemOf(error) });
    }
  }

  /** Another leg takes this one's place. */
  #replaced(line: Line): void {
    this.#gone(line);
    line.session.terminate();
  }

  #gone(line: Line): void {
    release(line);
    clearTimeout(line.mend);
    clearInterval(line.stats);
    if (this.#line !== line) return;
    this.#line = undefined;
    this.#ringer.quiet();
    this.#ear.srcObject = null;
    patchPhone({ call: undefined });
  }

  #show(change: Partial<PhoneCall>): void {
    const { call } = phoneStore.get();
    if (call === undefined || this.#line === undefined) return;
    if (Object.entries(change).some(([key, value]) => call[key as keyof PhoneCall] !== value)) patchPhone({ call: { ...call, ...change } });
  }
}

/** Not in every browser, and not in TypeScript's library. */
function connectionOf(from: Navigator): EventTarget | undefined {
  return (from as Navigator & { readonly connection?: EventTarget }).connection;
}

function release(line: Line): void {
  line.meter?.close();
  line.meter = undefined;
  for (const track of line.stream?.getTracks() ?? []) track.stop();
}

const counted = new WeakMap<Line, { received: number; lost: number }>();

/** By loss and jitter since the last look. */
function qualityOf(line: Line, { packetsLost = 0, packetsReceived = 0, jitter = 0 }: { packetsLost?: number; packetsReceived?: number; jitter?: number }): PhoneCall["quality"] {
  const before = counted.get(line) ?? { received: 0, lost: 0 };
  counted.set(line, { received: packetsReceived, lost: packetsLost });
  const received = packetsReceived - before.received;
  const lost = Math.max(0, packetsLost - before.lost);
  // A caller on hold hears music and sends nothing that is due here.
  if (received + lost === 0) return undefined;
  const share = lost / (received + lost);
  return share < 0.02 && jitter < 0.04 ? "good" : share < 0.08 && jitter < 0.1 ? "fair" : "poor";
}
