import { useState, type ReactElement, type SubmitEvent } from "react";
import { Alert, Button, Input } from "antd";
import { api, defineTexts, setLanguage, useLanguage, useTexts, type ApiError } from "../sdk/index.js";

const texts = defineTexts({
  zh: {
    title: "登录工作台",
    username: "用户名（坐席填工号）",
    password: "密码",
    signIn: "登录",
    wrong: "用户名或密码不对，可重新输入。",
    locked: "错误次数太多，15 分钟后再试，或找管理员解锁。",
    busy: (seconds: number) => `尝试太频繁，${seconds} 秒后再试。`,
    network: "网络没有应答，检查网络后再登录。",
    failed: "暂时不能登录，稍后再试。",
    missing: "填写用户名和密码",
    again: "登录已过期，重新登录后继续，已填内容保留。",
    demo: "演示账号",
  },
  en: {
    title: "Sign in",
    username: "User name (agents: number)",
    password: "Password",
    signIn: "Sign in",
    wrong: "Name or password is wrong. Try again.",
    locked: "Too many failures. Try again in 15 minutes or ask an administrator.",
    busy: (seconds: number) => `Too many attempts. Try again in ${seconds} s.`,
    network: "No answer from the network. Check it, then sign in.",
    failed: "Signing in is not possible now. Try again later.",
    missing: "Give name and password",
    again: "Your session has ended. Sign in to go on; what you typed is kept.",
    demo: "Demo account",
  },
});

/** With published password, good on this computer only. */
export interface DemoAccount {
  readonly username: string;
  readonly password: string;
}

/** Name and password; `demo`: an account that is told to everybody; `again` when a session has ended over a page that stays below. */
export function LoginPage({ title, again, demo, onSignedIn }: { readonly title: string; readonly again: boolean; readonly demo: DemoAccount | null; readonly onSignedIn: () => void }): ReactElement {
  const text = useTexts(texts);
  const language = useLanguage();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (username.trim() === "" || password === "") return setProblem(text.missing);
    setBusy(true);
    try {
      await api.post("/api/auth/login", { username: username.trim(), password });
      onSignedIn();
    } catch (error) {
      setProblem(explain(error as ApiError, text));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="hl-login">
      <form className="hl-login-form" onSubmit={(event) => void submit(event)}>
        <div className="hl-login-head">
          <h1>
            {title} · {text.title}
          </h1>
          <Button type="link" size="small" onClick={() => setLanguage(language === "zh" ? "en" : "zh")}>
            {language === "zh" ? "English" : "中文"}
          </Button>
        </div>
        {again && problem === undefined ? <Alert type="info" showIcon title={text.again} /> : null}
        {problem === undefined ? null : <Alert type="error" showIcon title={problem} role="alert" />}
        <label htmlFor="login-username">{text.username}</label>
        <Input id="login-username" size="large" autoComplete="username" autoFocus value={username} onChange={(event) => setUsername(event.target.value)} />
        <label htmlFor="login-password">{text.password}</label>
        <Input.Password id="login-password" size="large" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} />
        <Button type="primary" size="large" htmlType="submit" loading={busy} block>
          {text.signIn}
        </Button>
        {demo === null ? null : (
          <p className="hl-meta hl-login-demo">
            {text.demo} {demo.username} / {demo.password}
          </p>
        )}
      </form>
    </main>
  );
}

function explain(error: ApiError, text: (typeof texts)["zh"]): string {
  if (error.code === "NETWORK") return text.network;
  if (error.code === "HTL_HTTP_WRONG_CREDENTIALS") return text.wrong;
  if (error.code === "HTL_HTTP_TOO_MANY_ATTEMPTS") return text.busy(Number(error.details.retryAfter ?? 60));
  if (error.code === "HTL_DIRECTORY_LOCKED") return text.locked;
  return text.failed;
}
