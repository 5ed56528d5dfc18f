import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SipSocket } from "./sip-socket.js";

const sockets: FakeWebSocket[] = [];

class FakeWebSocket {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readyState = 0;
  readonly sent: string[] = [];
  onopen: () => void = () => undefined;
  onclose: (event: { wasClean: boolean; code: number; reason: string }) => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;
  constructor(readonly url: string) {
    sockets.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
  }
  opens(): void {
    this.readyState = 1;
    this.onopen();
  }
}

describe("the WebSocket of the telephone", () => {
  let told: string[];
  let socket: SipSocket;
  const last = (): FakeWebSocket => sockets.at(-1) as FakeWebSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeWebSocket);
    sockets.length = 0;
    told = [];
    socket = new SipSocket("ws://127.0.0.1:8080/sip");
    socket.onconnect = () => void told.push("connected");
    socket.ondisconnect = (error) => void told.push(`disconnected ${error}`);
    socket.ondata = (data) => void told.push(`data ${JSON.stringify(data)}`);
    socket.connect();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is what JsSIP takes for one", () => {
    expect([socket.url, socket.via_transport, socket.sip_uri]).toEqual(["ws://127.0.0.1:8080/sip", "WS", "sip:127.0.0.1:8080;transport=ws"]);
    expect(socket.send("early")).toBe(false);
    last().opens();
    expect([socket.send("REGISTER"), last().sent, told]).toEqual([true, ["REGISTER"], ["connected"]]);
  });

  it("is proved by whatever comes, asked once however often it is wished", async () => {
    last().opens();
    const proofs = [socket.prove(), socket.prove()];
    expect(last().sent).toEqual(["\r\n\r\n"]);
    last().onmessage({ data: "\r\n" });
    expect(await Promise.all(proofs)).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(told).toEqual(["connected", 'data "\\r\\n"']);
  });

  it("is given up when nothing comes: who uses it hears so at once, and a late word of the old one is nobody's", async () => {
    last().opens();
    const old = last();
    const proof = socket.prove();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([await proof, told, old.readyState, await socket.prove()]).toEqual([false, ["connected", "disconnected true"], 3, false]);
    socket.connect();
    last().opens();
    old.onmessage({ data: "late" });
    old.onclose({ wasClean: false, code: 1006, reason: "" });
    expect(told).toEqual(["connected", "disconnected true", "connected"]);
  });

  it("asks by itself every half minute, and no more once it is closed", async () => {
    last().opens();
    await vi.advanceTimersByTimeAsync(30_000);
    last().onmessage({ data: "\r\n" });
    await vi.advanceTimersByTimeAsync(30_000);
    last().onmessage({ data: "\r\n" });
    expect(last().sent).toHaveLength(2);
    socket.disconnect();
    await vi.advanceTimersByTimeAsync(120_000);
    expect([last().sent.length, told.includes("disconnected true")]).toEqual([2, false]);
  });

  it("that does not open within five seconds is given up, too", async () => {
    await vi.advanceTimersByTimeAsync(5_000);
    expect([told, last().readyState]).toEqual([["disconnected true"], 3]);
  });

  it("closed by the far end says so, once", async () => {
    last().opens();
    const proof = socket.prove();
    last().onclose({ wasClean: false, code: 1006, reason: "" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect([await proof, told]).toEqual([false, ["connected", "disconnected true"]]);
  });
});
