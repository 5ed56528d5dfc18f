import { App } from "antd";
import { announce, api, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { WatchMode } from "../../src/contract.js";
import { expectOwnRing } from "../phone/phone-control.js";
import { texts } from "./texts.js";
import type { Act } from "./use-act.js";

export interface WatchCommands {
  watch(agent: string, name: string, mode: WatchMode): void;
  takeOver(agent: string, name: string): void;
  /** `own`: my 工号, whose phone rings then. */
  pickUp(own: string, agent: string): void;
  leave(agent: string): void;
}

/** Into an agent's call and out of it. What the citizen would notice is asked first. */
export function useWatch(act: Act): WatchCommands {
  const text = useTexts(texts);
  const { modal } = App.useApp();
  const post = (agent: string, step: string, word: string): Promise<boolean> => act(word, `call ${agent}`, () => expectOwnRing(() => api.post(`/api/agents/${agent}/call/${step}`)));
  return {
    watch: (agent, name, mode) => {
      if (mode !== "barge") return void post(agent, mode, text.modes[mode]);
      modal.confirm({ title: text.ask.barge(name), content: text.ask.bargeWhy, okText: text.modes.barge, cancelText: text.ask.bargeNo, autoFocusButton: "cancel", onOk: () => void post(agent, mode, text.modes.barge) });
    },
    takeOver: (agent, name) => void modal.confirm({ title: text.ask.takeOver(name), content: text.ask.takeOverWhy, okText: text.takeOver, cancelText: text.ask.takeOverNo, autoFocusButton: "cancel", onOk: () => void post(agent, "take-over", text.takeOver) }),
    pickUp: (own, agent) => void act(text.pickUp, `call ${agent}`, () => expectOwnRing(() => api.post(`/api/agents/${own}/call/pickup`, { from: agent }))),
    leave: (agent) => void act(text.actions.leave, "unwatch", () => api.post(`/api/agents/${agent}/call/unwatch`)).then((done) => (done ? announce(text.left) : undefined)),
  };
}
