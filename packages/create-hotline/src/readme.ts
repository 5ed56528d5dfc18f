import type { Language } from "./project-files.js";

/** The generated project's README. */
export function readme(name: string, plugins: readonly string[], language: Language): string {
  const has = (plugin: string): boolean => plugins.includes(plugin);
  if (language === "zh") {
    return lines([
      `# ${name}`,
      "",
      "用 @hotlinejs 组成的热线。需要 Node >= 20.19。",
      "",
      "```sh",
      "npm install",
      "npm test        # 情景测试：不用电话，不用等待",
      "npm start       # SIP 127.0.0.1:5060，数据在 ./data",
      "npm run check   # 检查配置和流程",
      "```",
      "",
      "任意 SIP 话机不注册即可拨打 `sip:12345@127.0.0.1`。",
      has("acd") && "坐席：话机用 `1001`、密码 `demo-1001` 注册即可被叫；演示密码只在本机有效。",
      has("http") && "HTTP：`http://127.0.0.1:8080/api/health`，用户 `admin`、密码 `demo-admin`。",
      has("console") && "工作台：`http://127.0.0.1:8080/console`。",
      has("portal") && "市民网站：`http://127.0.0.1:8080/portal`。",
      "",
      "`src/flow.ts` 是语音流程，`src/prompts.ts` 是提示语，`src/people.ts` 是人员，`src/hotline.ts` 是插件列表。",
      "备份：`npx hotline backup backups/`；恢复：`npx hotline restore <文件>`。",
      "自己的功能就是一个插件：在 `src/` 里写一个 `definePlugin({...})`，加进列表。做法见 https://github.com/hotlinejs/hotline 的 docs/guides/write-a-plugin.md。",
    ]);
  }
  return lines([
    `# ${name}`,
    "",
    "A hotline made of @hotlinejs packages. Needs Node >= 20.19.",
    "",
    "```sh",
    "npm install",
    "npm test        # scenario tests: no telephones, no waiting",
    "npm start       # SIP on 127.0.0.1:5060, data in ./data",
    "npm run check   # is configuration right, are flows",
    "```",
    "",
    "Any SIP phone may dial `sip:12345@127.0.0.1` without registering.",
    has("acd") && "Agent: register a phone as `1001`, password `demo-1001`; it is rung. Demo passwords work on this machine only.",
    has("http") && "HTTP: `http://127.0.0.1:8080/api/health`, user `admin`, password `demo-admin`.",
    has("console") && "Staff console: `http://127.0.0.1:8080/console`.",
    has("portal") && "Citizens' web site: `http://127.0.0.1:8080/portal`.",
    "",
    "`src/flow.ts` is the conversation, `src/prompts.ts` what is said, `src/people.ts` who works here, `src/hotline.ts` the list of plugins.",
    "Backups: `npx hotline backup backups/`, back with `npx hotline restore <file>`.",
    "A capability of your own is a plugin: one `definePlugin({...})` in `src/`, added to the list. How: docs/guides/write-a-plugin.md in https://github.com/hotlinejs/hotline.",
  ]);
}

function lines(all: readonly (string | false)[]): string {
  return `${all.filter((line) => line !== false).join("\n")}\n`;
}
