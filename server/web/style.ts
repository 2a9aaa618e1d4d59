import { createHash } from "node:crypto";

/** The pages' one style sheet, in the colours of the reference; it stands in the page and is named by its hash. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #6b6b76; --ground: #f6f6f8; --card: #fff; --line: #dedee5; --brand: #5b3df5; --on-brand: #fff; --bad: #b3261e; --focus: #5b3df5; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf1; --soft: #a5a5b2; --ground: #0f0f12; --card: #1a1a1f; --line: #35353f; --brand: #8b75ff; --on-brand: #0f0f12; --bad: #ff9d94; --focus: #b3a4ff; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; display: flex; flex-direction: column; align-items: center; padding: 1.5rem 1rem 3rem; }
header { display: flex; align-items: center; gap: .6rem; font-weight: 600; margin: 1rem 0 1.25rem; }
header img { width: 28px; height: 28px; }
main { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; width: 100%; max-width: 30rem; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .75rem; }
h2 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
p { margin: 0 0 .75rem; }
.soft, footer { color: var(--soft); font-size: .9rem; }
footer { margin-top: 1.25rem; text-align: center; }
footer form { display: inline; }
label { display: block; font-weight: 600; margin: 0 0 .25rem; }
input[type=text], input[type=email], input[type=password] { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft); border-radius: 8px; padding: .6rem .7rem; margin: 0 0 1rem; }
input.code { font: 600 1.5rem/1.3 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; letter-spacing: .12em; text-align: center; text-transform: uppercase; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 1rem; padding: .25rem .75rem; }
legend { font-weight: 600; padding: 0 .25rem; }
.choice { display: flex; gap: .6rem; align-items: flex-start; font-weight: 400; margin: 0; padding: .45rem 0; }
.choice + .choice { border-top: 1px solid var(--line); }
.choice input { flex: none; width: 1.1rem; height: 1.1rem; margin: .2rem 0 0; accent-color: var(--brand); }
.choice small { display: block; color: var(--soft); }
button { font: inherit; font-weight: 600; border-radius: 8px; padding: .65rem 1.1rem; border: 1px solid var(--brand); background: var(--brand); color: var(--on-brand); cursor: pointer; width: 100%; }
button.plain { background: none; color: var(--ink); border-color: var(--line); }
button + p { margin: .75rem 0 0; }
button.link { width: auto; padding: 0; border: 0; background: none; color: var(--soft); font-weight: 400; font-size: inherit; text-decoration: underline; }
.pair { display: flex; gap: .75rem; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.error { border-left: 4px solid var(--bad); padding: .4rem .75rem; margin: 0 0 1rem; }
dl { margin: 0 0 1rem; display: grid; grid-template-columns: auto 1fr; gap: .25rem .9rem; }
dt { color: var(--soft); }
dd { margin: 0; font-weight: 600; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
a { color: var(--brand); }
`;

/** A style sheet's name in a Content-Security-Policy (CSP3 §2.3.1). */
export const hashSource = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The icon of the reference. */
export const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#5b3df5"/>' +
    '<path d="M12 9.5v13l11-6.5z" fill="#fff"/></svg>',
)}`;
