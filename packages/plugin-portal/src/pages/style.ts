import { createHash } from "node:crypto";

/** Own small style sheet with the colours of the console; no framework, no script. */
export const STYLE = `
:root{--ink:#1b1f24;--soft:#4a5361;--ground:#fff;--panel:#f4f6f9;--line:#7a8594;--blue:#1455b3;--blue-dark:#0b3776;--blue-tint:#e8f0fc;--red:#a40600;--red-tint:#fdecea;--green:#00705f;--green-tint:#e2f4f0;--focus:#c55200}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebf0;--soft:#b5bdc9;--ground:#14171c;--panel:#1e232b;--line:#8a94a3;--blue:#74a9fa;--blue-dark:#93bdfc;--blue-tint:#17304f;--red:#fb7f72;--red-tint:#431f20;--green:#9eebc1;--green-tint:#12322a;--focus:#fed344}}
*{box-sizing:border-box}
html{font-size:18px}
html.large{font-size:24px}
body{margin:0;background:var(--ground);color:var(--ink);line-height:1.65;font-family:"PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC","WenQuanYi Micro Hei",system-ui,sans-serif}
html:lang(en) body{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","DejaVu Sans",sans-serif}
.wrap{max-width:38rem;margin:0 auto;padding:0 1rem}
header{background:var(--panel);border-bottom:4px solid var(--blue)}
header .wrap{display:flex;justify-content:space-between;align-items:center;flex-wrap:wrap;gap:.25rem 1rem;min-height:60px}
.agency{display:inline-block;padding:.45rem 0;font-weight:700;color:var(--ink);text-decoration:none}
header nav a{display:inline-block;padding:.55rem .5rem}
footer{margin-top:3rem;padding:1.25rem 0;background:var(--panel);color:var(--soft)}
main{padding-top:1.25rem;padding-bottom:1rem}
a{color:var(--blue)}
a:hover{color:var(--blue-dark)}
.skip{position:absolute;left:-999em}
.skip:focus{position:static;display:block;padding:.6rem 1rem}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
h1{font-size:1.55rem;line-height:1.35;margin:.6rem 0 .8rem}
h2{font-size:1.15rem;margin:1.6rem 0 .4rem}
.choices{list-style:none;padding:0;margin:1rem 0}
.choices a{display:block;padding:.9rem 1rem;margin-bottom:.75rem;border:2px solid var(--line);border-radius:6px;text-decoration:none;font-weight:600}
.choices small{display:block;font-weight:400;color:var(--soft);font-size:.9rem}
.step,.hint,.note{color:var(--soft)}
.note a[href^="tel:"]{display:inline-block;padding:.5rem 0}
.hint{display:block;font-size:.92rem}
.back{display:inline-block;padding:.5rem 0}
label,legend{font-weight:600}
label .hint,legend .hint,label small{font-weight:400}
fieldset{border:0;padding:0;margin:0 0 1.2rem}
.field{margin:0 0 1.2rem}
input[type=text],input[type=password],input[type=tel],input[type=email],select,textarea{display:block;width:100%;margin-top:.35rem;padding:.6rem .7rem;min-height:44px;font:inherit;color:inherit;background:var(--ground);border:2px solid var(--line);border-radius:4px}
html.large input[type=text],html.large input[type=password],html.large input[type=tel],html.large input[type=email],html.large select,html.large button{min-height:60px}
textarea{min-height:11rem;resize:vertical}
.short{max-width:18rem}
.option{display:flex;gap:.75rem;align-items:flex-start;padding:.55rem 0;min-height:44px}
.option input{width:1.4rem;height:1.4rem;margin:.25rem 0 0;flex:none;accent-color:var(--blue)}
.option label{flex:1}
.wrong{border-left:5px solid var(--red);padding-left:.9rem}
.wrong input,.wrong textarea,.wrong select{border-color:var(--red)}
.error{color:var(--red);font-weight:600;margin:.2rem 0}
.summary{border:3px solid var(--red);background:var(--red-tint);border-radius:6px;padding:.8rem 1rem;margin:0 0 1.4rem}
.summary h2{margin:0 0 .3rem;color:var(--red)}
.summary ul{margin:0;padding-left:1.2rem}
button{min-height:44px;padding:.65rem 1.6rem;font:inherit;font-weight:700;color:var(--ground);background:var(--blue);border:0;border-radius:4px;cursor:pointer}
button:hover{background:var(--blue-dark)}
dl.answers{margin:0 0 1.5rem}
dl.answers div{display:grid;grid-template-columns:7rem 1fr auto;gap:.2rem 1rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
dl.answers dt{color:var(--soft)}
dl.answers dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
dl.answers dd.much{font-size:1.35rem;font-weight:700;font-variant-numeric:tabular-nums}
.receipt{background:var(--green-tint);border:2px solid var(--green);border-radius:6px;padding:1rem 1.2rem;margin:1rem 0}
.receipt b{display:block;font-size:1.6rem;letter-spacing:.06em;font-variant-numeric:tabular-nums}
.quiet{color:var(--blue);background:none;border:2px solid var(--line)}
.quiet:hover{color:var(--blue-dark);background:var(--panel)}
.chat-state{font-weight:600;background:var(--panel);border-left:5px solid var(--blue);padding:.5rem .9rem;margin:0 0 .8rem}
.chat-offline{color:var(--red);font-weight:600}
.chat-log{list-style:none;margin:0 0 1rem;padding:0}
.chat-live .chat-log{max-height:52vh;overflow-y:auto;padding-right:.3rem}
.chat-log li{margin:0 0 .8rem;padding:.5rem .8rem;max-width:88%;width:fit-content;background:var(--panel);border-radius:6px}
.chat-log li.citizen{margin-left:auto;background:var(--blue-tint)}
.chat-log li.system{max-width:none;width:auto;background:none;border-left:3px solid var(--line);border-radius:0;padding:.1rem .8rem}
.chat-log p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.chat-who{font-size:.9rem;color:var(--soft)}
.chat-foot{display:flex;gap:1rem;flex-wrap:wrap;align-items:center}
#say{min-height:5.2rem}
.talk{max-width:24rem;margin:1.2rem 0;padding:1rem 1.2rem;background:var(--panel);border-radius:6px}
.talk-line{display:flex;justify-content:space-between;gap:1rem;margin:0 0 1rem;font-weight:600}
.talk-time{font-variant-numeric:tabular-nums}
.talk[data-state=on] .talk-line,.talk[data-state=calling] .talk-line,.talk[data-state=asking] .talk-line{color:var(--green)}
.talk[data-state=denied] .talk-line,.talk[data-state=noMicrophone] .talk-line,.talk[data-state=busy] .talk-line,.talk[data-state=tooMany] .talk-line,.talk[data-state=mending] .talk-line{color:var(--red)}
.talk-keys{display:grid;grid-template-columns:repeat(3,1fr);gap:.6rem;margin:1rem 0 0}
.talk-keys button{min-height:56px;padding:0;font-size:1.3rem;background:var(--ground);font-variant-numeric:tabular-nums}
.talk-sent{grid-column:1/-1;min-height:1.65em;margin:0;color:var(--soft)}
.talk-foot{display:flex;gap:.8rem}
.talk-foot button{flex:1;min-height:52px;padding:.65rem 1rem}
.talk-foot button.talk-end{background:var(--red)}
.talk-foot button[aria-pressed=true]{border-color:var(--blue);background:var(--blue-tint)}
.chat-keys{display:none}
.chat-live .chat-keys{display:block}
[hidden]{display:none!important}
@media (max-height:43rem){.talk-keys button{min-height:48px}}
@media (max-width:30rem){dl.answers div{grid-template-columns:1fr auto}dl.answers dt{grid-column:1/-1}}
@media print{header nav,.skip,footer,button,.choices{display:none}body{background:#fff;color:#000}}
`;

export const STYLE_FILE = `portal.${createHash("sha256").update(STYLE).digest("hex").slice(0, 12)}.css`;
export const STYLE_PATH = `/portal/assets/${STYLE_FILE}`;
