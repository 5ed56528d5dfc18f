import type { PromptRef } from "@hotlinejs/core";

/** What is said around a callback that keeps the place. */
export type CallbackPrompt = "offer" | "offerNumber" | "number" | "check" | "wrong" | "kept" | "failed" | "accept" | "later" | "bye";

const chinese: Readonly<Record<CallbackPrompt, string>> = {
  offer: "您可以挂机，我们为您保留排队位置，轮到您时给您回电。回电号码是{{number|digits}}，正确请按1，更换号码请按2，不需要回电请按星号键。",
  offerNumber: "您可以挂机，我们为您保留排队位置，轮到您时给您回电。请输入回电号码，固定电话请先输入区号，以井号键结束。不需要回电请按星号键。",
  number: "请输入回电号码，固定电话请先输入区号，以井号键结束。",
  check: "回电号码是{{number|digits}}，正确请按1，更换号码请按2，不需要回电请按星号键。",
  wrong: "抱歉，这个号码不能回电。",
  kept: "已为您登记回电，排队位置保留。轮到您时我们会拨打这个号码，请留意接听。再见。",
  failed: "抱歉，现在不能登记回电。",
  accept: "您好，您在服务热线预约的回电已经轮到您。接听请按1，不再需要请按2。",
  later: "抱歉，现在没有人员能接听，我们稍后再给您回电。再见。",
  bye: "好的，再见。",
};

const english: Readonly<Record<CallbackPrompt, string>> = {
  offer: "You may hang up: we keep your place and call you when it is your turn. We would call {{number|digits}}. If that is right, press 1. For another number, press 2. If you do not want to be called, press star.",
  offerNumber: "You may hang up: we keep your place and call you when it is your turn. Please key in the number, with its area code, and press hash. If you do not want to be called, press star.",
  number: "Please key in the number, with its area code, and press hash.",
  check: "We would call {{number|digits}}. If that is right, press 1. For another number, press 2. If you do not want to be called, press star.",
  wrong: "Sorry, we cannot call this number.",
  kept: "Your place is kept. We call you when it is your turn. Goodbye.",
  failed: "Sorry, we cannot note a callback now.",
  accept: "Hello, this is the callback you asked for. To be connected, press 1. If you no longer need it, press 2.",
  later: "Sorry, nobody can take your call now. We call you again later. Goodbye.",
  bye: "All right. Goodbye.",
};

export function callbackPrompt(name: CallbackPrompt, language: string): PromptRef {
  return { text: (language.toLowerCase().startsWith("en") ? english : chinese)[name] };
}
