import { useEffect, useState, type ReactElement } from "react";
import { Button, Popover, Segmented, Select } from "antd";
import { CheckCircleFilled, CustomerServiceOutlined, ExclamationCircleFilled, MinusCircleFilled, SyncOutlined } from "@ant-design/icons";
import { StatusTag, useMay, useStore, useTexts, type Status } from "@hotlinejs/plugin-console/sdk";
import { texts } from "../texts.js";
import { hearSound, testMicrophone } from "./device-test.js";
import { takeBrowser, takeDeskPhone } from "./phone-control.js";
import { phoneStore, putSettings, putSound, settingsStore, SOUND_KINDS, type Phone, type SoundKind, type SoundSetting } from "./phone-state.js";
import { askForNotices, noticePermission } from "./ring-notice.js";
import { problemWords } from "./problem-words.js";

/** Which phone takes the calls, and its devices. */
export function PhoneButton(): ReactElement | null {
  const text = useTexts(texts);
  const phone = useStore(phoneStore);
  const [open, setOpen] = useState(false);
  if (!useMay("sip.browser-phone")) return null;
  const fault = phone.problem !== undefined || phone.link === "lost" || phone.silent;
  const link = phone.mode === "desk" ? "desk" : fault ? "fault" : phone.link;
  const words = `${text.phone.title}：${stateWords(phone, text)}`;
  return (
    <Popover open={open} onOpenChange={setOpen} trigger="click" placement="bottomLeft" destroyOnHidden content={<PhonePanel phone={phone} />}>
      <button type="button" className="acd-phone" data-link={link} title={words} aria-label={words} aria-expanded={open}>
        <CustomerServiceOutlined aria-hidden />
        <span className="acd-phone-dot" aria-hidden>
          {link === "ready" ? <CheckCircleFilled /> : link === "fault" ? <ExclamationCircleFilled /> : link === "connecting" ? <SyncOutlined spin /> : <MinusCircleFilled />}
        </span>
      </button>
    </Popover>
  );
}

type Text = ReturnType<typeof useTexts<(typeof texts)["zh"]>>;

function stateWords(phone: Phone, text: Text): string {
  if (phone.mode === "desk") return text.phone.desk;
  if (phone.problem !== undefined) return problemWords(phone.problem, text);
  if (phone.elsewhere) return text.phone.elsewhere;
  return text.phone.link[phone.link];
}

function PhonePanel({ phone }: { readonly phone: Phone }): ReactElement {
  const text = useTexts(texts);
  const status: Status = phone.link === "ready" ? "ready" : phone.link === "lost" ? "fault" : "after";
  return (
    <div className="acd-phone-panel">
      <h3>{text.phone.by}</h3>
      <Segmented
        block
        value={phone.mode}
        options={[
          { value: "browser", label: text.phone.browser },
          { value: "desk", label: text.phone.desk },
        ]}
        onChange={(mode) => (mode === "browser" ? void takeBrowser() : takeDeskPhone())}
      />
      {phone.mode === "desk" ? <p className="hl-meta">{text.phone.deskHint}</p> : null}
      {phone.mode === "browser" && phone.problem !== undefined ? (
        <p className="acd-problem" role="alert">
          {problemWords(phone.problem, text)}
        </p>
      ) : null}
      {phone.mode === "browser" && phone.problem === undefined ? (
        <div>
          <StatusTag status={status}>{phone.elsewhere ? text.phone.elsewhere : text.phone.link[phone.link]}</StatusTag>
          {phone.elsewhere ? <p className="hl-meta">{text.phone.elsewhereHint}</p> : null}
        </div>
      ) : null}
      {phone.mode === "browser" && phone.silent ? <p className="acd-problem">{text.phone.silent}</p> : null}
      {phone.mode === "browser" && phone.problem !== "insecure" && phone.problem !== "credentials" ? <Devices /> : null}
      <Notices />
    </div>
  );
}

interface Choice {
  readonly kind: MediaDeviceKind;
  readonly id: string;
  readonly label: string;
}

/** A new head set is offered in the lists, and not taken by itself. */
function useDevices(asked: number): readonly Choice[] {
  const [devices, setDevices] = useState<readonly Choice[]>([]);
  useEffect(() => {
    let wanted = true;
    const load = (): void =>
      void navigator.mediaDevices.enumerateDevices().then(
        (all) => wanted && setDevices(all.filter(({ deviceId, label }) => label !== "" && deviceId !== "" && deviceId !== "default" && deviceId !== "communications").map(({ kind, deviceId, label }) => ({ kind, id: deviceId, label }))),
        (error: unknown) => console.warn("the sound devices cannot be listed", error),
      );
    load();
    navigator.mediaDevices.addEventListener("devicechange", load);
    return () => {
      wanted = false;
      navigator.mediaDevices.removeEventListener("devicechange", load);
    };
  }, [asked]);
  return devices;
}

function Devices(): ReactElement {
  const text = useTexts(texts);
  const settings = useStore(settingsStore);
  const [level, setLevel] = useState<number>();
  const [asked, setAsked] = useState(0);
  const devices = useDevices(asked);
  const testing = level !== undefined;
  const { microphone } = settings;
  useEffect(() => {
    if (!testing) return undefined;
    const stop = testMicrophone(microphone, setLevel, () => setAsked((before) => before + 1));
    return stop;
  }, [testing, microphone]);
  const select = (label: string, kind: MediaDeviceKind, key: "microphone" | "speaker" | "ringer"): ReactElement => {
    const options = devices.filter((device) => device.kind === kind).map(({ id, label: name }) => ({ value: id, label: name }));
    const chosen = options.some(({ value }) => value === settings[key]) ? settings[key] : "";
    return (
      <label>
        {label}
        <Select size="small" value={chosen} options={[{ value: "", label: text.phone.standard }, ...options]} onChange={(value) => putSettings({ [key]: value })} getPopupContainer={(node) => node.parentElement ?? document.body} />
      </label>
    );
  };
  return (
    <>
      {select(text.phone.microphone, "audioinput", "microphone")}
      {select(text.phone.speaker, "audiooutput", "speaker")}
      {select(text.phone.ringer, "audiooutput", "ringer")}
      <fieldset className="acd-sounds">
        <legend>{text.phone.sounds}</legend>
        {SOUND_KINDS.map((kind) => (
          <SoundRow key={kind} kind={kind} {...settings.sounds[kind]} />
        ))}
      </fieldset>
      {testing ? (
        <label>
          {text.phone.level}
          <meter min={0} max={1} low={0.05} optimum={0.4} value={Math.min(1, level * 4)} />
        </label>
      ) : null}
      <div className="acd-phone-tests">
        <Button size="small" onClick={() => setLevel(testing ? undefined : 0)}>
          {testing ? text.phone.stopTest : text.phone.test}
        </Button>
      </div>
    </>
  );
}

/** Whether a ring shows on the desktop while the page is hidden; the browser is asked by this click and never else. */
function Notices(): ReactElement | null {
  const text = useTexts(texts);
  const [permission, setPermission] = useState(noticePermission);
  if (permission === "unknown" || !window.isSecureContext) return null;
  if (permission === "default") {
    return (
      <Button size="small" data-notices title={text.phone.notices.granted} onClick={() => void askForNotices().then(setPermission)}>
        {text.phone.notices.ask}
      </Button>
    );
  }
  return (
    <p className="hl-meta" data-notices role="status">
      {text.phone.notices[permission]}
    </p>
  );
}

/** One kind of sound: on or off, how loud, and how that is. */
function SoundRow({ kind, on, volume }: { readonly kind: SoundKind } & SoundSetting): ReactElement {
  const text = useTexts(texts);
  const name = text.phone.soundNames[kind];
  return (
    <div className="acd-sound" data-sound={kind}>
      <label title={text.phone.soundMeans[kind]}>
        <input type="checkbox" checked={on} onChange={(event) => putSound(kind, { on: event.target.checked })} />
        {name}
      </label>
      <input type="range" min={0} max={100} step={5} value={volume} disabled={!on} aria-label={text.phone.volumeOf(name)} onChange={(event) => putSound(kind, { volume: Number(event.target.value) })} />
      <Button size="small" disabled={!on} aria-label={text.phone.hear(name)} onClick={() => void hearSound(kind)}>
        {text.phone.listen}
      </Button>
    </div>
  );
}
