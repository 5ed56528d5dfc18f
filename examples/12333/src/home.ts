import { users } from "./people.js";

const agent = users.find(({ roles }) => roles.includes("agent"));

/** The first page: whoever has no telephone calls in one tab and answers in another. */
export const home = {
  title: "12333 热线",
  titleEn: "12333 hotline",
  lead: "没有电话机也能试：两个标签页，一个接起来，一个打进去。",
  leadEn: "No telephone? Two tabs will do: answer in the one, call in the other.",
  actions: [
    {
      plugin: "console",
      href: "/console/desk",
      newTab: true,
      title: "先当坐席",
      titleEn: "First, be the agent",
      text: "登录后点“用浏览器接听”，来电时按 F2。",
      textEn: "Sign in, click “Answer in this browser”, press F2 when it rings.",
      label: "作为坐席接听",
      labelEn: "Answer as an agent",
      ...(agent === undefined ? {} : { demo: { username: agent.username, password: agent.password } }),
    },
    {
      plugin: "portal",
      href: "/portal/call",
      newTab: true,
      title: "再当市民",
      titleEn: "Then, be the citizen",
      text: "点“开始通话”，听到语音导航后按 1 转人工。",
      textEn: "Start the call; when the menu speaks, press 1 for a person.",
      label: "给热线打电话",
      labelEn: "Call the hotline",
    },
  ],
  note: "浏览器只在本机或 HTTPS 网址上提供麦克风。两个标签页在同一台电脑上时请戴耳机，否则会有回声。",
  noteEn: "Browsers give the microphone on this computer and to HTTPS addresses only. With both tabs on one computer use a head set, or you hear yourself.",
};
