/** What the console adds to the style sheet of every page: a bar with places, tables that become cards on a phone. */
export const STYLE = `
:root { --good: #00704f; --wait: #7a5600; --tint: #f0edff; }
@media (prefers-color-scheme: dark) { :root { --good: #5fd3a6; --wait: #e0b64f; --tint: #262042; } }
[hidden] { display: none !important; }
body { padding-top: 0; }
header { flex-wrap: wrap; width: 100%; max-width: 64rem; margin: 0 0 1rem; padding: .9rem 0; border-bottom: 1px solid var(--line); }
header nav, header .who { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem; }
header .who { margin-left: auto; }
header a, header button.link { color: var(--ink); font-weight: 400; font-size: 1rem; text-decoration: none; padding: .35rem .7rem; border-radius: 8px; overflow-wrap: anywhere; }
header a:hover, header button.link:hover { background: var(--tint); }
header a[aria-current] { background: var(--tint); font-weight: 600; }
header .who a { color: var(--soft); }
main { max-width: 64rem; padding: 1.5rem 1.75rem 1.75rem; display: flex; flex-direction: column; }
main > :last-child { margin-bottom: 0; }
h2 { font-size: 1.1rem; margin: 1.25rem 0 .75rem; }
button, .button { display: inline-block; width: auto; font-weight: 600; line-height: 1.5; border-radius: 8px; padding: .5rem 1rem; border: 1px solid var(--brand); background: var(--brand); color: var(--on-brand); text-decoration: none; }
button.plain, .button.plain { background: none; color: var(--ink); border-color: var(--soft); }
button.bad { background: var(--bad); border-color: var(--bad); }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; margin: 0 0 1rem; }
.row p { margin: 0; flex: 1 1 16rem; }
.row form { margin: 0; }
.crumb { order: -1; margin: 0 0 .25rem; font-size: .9rem; }
.narrow { max-width: 34rem; }
input[type=url], select { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft); border-radius: 8px; padding: .6rem .7rem; margin: 0 0 1rem; }
.hint { color: var(--soft); font-size: .9rem; margin: -.75rem 0 1rem; }
.scopes { display: grid; grid-template-columns: 1fr 1fr; column-gap: 1.5rem; }
.scopes .choice, .scopes .choice + .choice { border: 0; }
.scopes .writes { grid-column: 2; }
.filters a { font-weight: 400; padding: .2rem .8rem; border-radius: 99px; border: 1px solid var(--line); color: var(--ink); text-decoration: none; }
.filters a[aria-current] { background: var(--tint); border-color: var(--brand); font-weight: 600; }
.filters a:last-child { border: 0; text-decoration: underline; color: var(--brand); }
.error p { margin: 0; }
.done { border-left: 4px solid var(--good); padding: .4rem .75rem; margin: 0 0 1rem; }
.once { border: 2px solid var(--brand); border-radius: 10px; background: var(--tint); padding: 1rem 1.1rem; margin: 0 0 1.25rem; }
.once p { margin: 0; }
.once .secret { display: block; font-size: 1rem; overflow-wrap: anywhere; user-select: all; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .7rem; margin: .6rem 0; }
.empty { border: 1px dashed var(--soft); border-radius: 10px; padding: 1.5rem; text-align: center; }
.empty p:last-child { margin: 0; }
table { width: 100%; border-collapse: collapse; margin: 0 0 1rem; }
th { text-align: left; color: var(--soft); font-weight: 400; font-size: .9rem; white-space: nowrap; }
td:last-child a { white-space: nowrap; }
th, td { padding: .6rem .75rem .6rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:last-child, th:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; }
time { white-space: nowrap; }
.badge { display: inline-block; font-size: .85rem; font-weight: 600; line-height: 1.4; border: 1px solid currentColor; border-radius: 99px; padding: 0 .6rem; white-space: nowrap; color: var(--soft); }
.badge.good { color: var(--good); }
.badge.bad { color: var(--bad); }
.badge.wait { color: var(--wait); }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: .75rem; overflow-wrap: anywhere; white-space: pre-wrap; font-size: .9rem; }
dd { overflow-wrap: anywhere; font-weight: 400; }
dd ul, td ul { margin: 0; padding: 0; list-style: none; }
.danger { border-top: 1px solid var(--line); margin-top: 1.75rem; padding-top: 1.25rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 44rem) {
  header nav { order: 3; flex: 1 0 100%; gap: 0; justify-content: space-between; }
  header nav a { font-size: .9rem; padding: .35rem .3rem; }
  header .who a, header .who button.link { padding: .35rem .5rem; }
  header .who { flex: 1; justify-content: flex-end; }
  .scopes { grid-template-columns: 1fr; }
  .scopes .writes { grid-column: 1; }
  main { padding: 1.1rem 1rem 1.25rem; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border-bottom: 1px solid var(--line); padding: .6rem 0; }
  tr:last-child { border-bottom: 0; }
  td { border: 0; padding: .15rem 0; display: grid; grid-template-columns: 7.5rem 1fr; gap: .5rem; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .9rem; }
  td:first-child { display: block; font-size: 1.05rem; }
  td:first-child::before { content: none; }
}
`;
