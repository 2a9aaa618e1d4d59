import { createHash } from "node:crypto";
import type { FileSource } from "./file.ts";

/** What the reference page needs to know; addresses may be relative to the page. */
export type PageOptions = {
  /** Where the OpenAPI document is. */
  documentUrl: string;
  /** Where Scalar's script is. */
  scriptUrl: string;
  /** Title of the page; `Reelmark` unless told. */
  title?: string;
  /** Origin of another host that "try it" may call, such as `https://api.example.com`; none on the live server. */
  apiOrigin?: string;
};

const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#5b3df5"/>' +
      '<path d="M12 9.5v13l11-6.5z" fill="#fff"/></svg>',
  );

const STYLE = `
body { margin: 0; }
#app:not(:empty) ~ .waiting { display: none; }
.waiting { font: 16px/1.5 system-ui, sans-serif; margin: 20vh auto; max-width: 30rem; padding: 0 1rem; text-align: center; color: #6b6b76; }
:root { --scalar-font: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; --scalar-font-code: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
#app section[id*="/tag/guide-"] .section-columns { display: block; }
#app section[id*="/tag/guide-"] .section-column, #app section[id*="/tag/guide-"] .markdown { max-width: min(52rem, calc(100vw - 3rem)); min-width: 0; width: 100%; }
#app section[id*="/tag/guide-"] .markdown { display: block; overflow: visible; -webkit-line-clamp: none; }
#app section[id*="/tag/guide-"] .markdown pre code { overflow: visible; }
#app section[id*="/tag/guide-"] .markdown pre code, #app section[id*="/tag/guide-"] .markdown pre code * { white-space: pre-wrap; overflow-wrap: anywhere; }
#app .markdown table { display: block; max-width: 100%; overflow-x: auto; }
#app .markdown th, #app .markdown td { word-break: normal; overflow-wrap: normal; }
#app .markdown td code, #app .markdown th { white-space: nowrap; }
body.light-mode { --scalar-color-2: #55555e; --scalar-color-3: #63636c; --scalar-color-green: #00704f; --scalar-color-blue: #0062ad; --scalar-color-orange: #a34a00; --scalar-color-yellow: #7a5600; --scalar-color-red: #b80008; }
#app section[tabindex="-1"]:focus-visible { outline: none; }
body.dark-mode { --scalar-color-3: #a3a3ab; }
`;

/**
 * Puts right what Scalar leaves out for those who use a keyboard or a screen reader: a table that scrolls can be reached,
 * and a button that copies says so.
 */
const MEND = `
let late;
new MutationObserver(() => {
  clearTimeout(late);
  late = setTimeout(() => {
    for (const table of document.querySelectorAll(".markdown table:not([tabindex])")) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    }
    for (const button of document.querySelectorAll("button[class*='copy-button']:not([aria-label])")) {
      button.setAttribute("aria-label", "Copy");
    }
  }, 200);
}).observe(document.getElementById("app"), { childList: true, subtree: true });
`;

/** Everything that would call, or send a reader to, a host that is not ours is off. */
const SETTINGS = {
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  // Each operation has samples of ours, which are tested; Scalar's own in twenty languages are not.
  hiddenClients: true,
  // It would download what the page shows, with its guides and samples; the introduction links the contract itself.
  documentDownloadType: "none",
  showDeveloperTools: "never",
  persistAuth: false,
  favicon: ICON,
  authentication: { preferredSecurityScheme: "bearer" },
  orderSchemaPropertiesBy: "preserve",
  orderRequiredPropertiesFirst: false,
};

const escapeHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** JSON that cannot end the script element it stands in, whatever strings it holds. */
const scriptJson = (value: unknown) => JSON.stringify(value).replaceAll("<", "\\u003c");

/**
 * The Content-Security-Policy of the page: nothing is loaded from, or sent to, any host but the page's own (and
 * `apiOrigin`). The one inline script is named by its hash; Scalar writes its styles at run time, hence 'unsafe-inline'.
 */
function policy(script: string, apiOrigin: string | undefined): string {
  const hash = createHash("sha256").update(script).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "media-src 'self' blob:",
    `connect-src 'self'${apiOrigin ? ` ${apiOrigin}` : ""}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/**
 * The API reference: one HTML page that shows the document at `documentUrl` with Scalar.
 * The policy stands in the headers and, for file hosts that send none, in the page.
 */
export function docsPage({ documentUrl, scriptUrl, title = "Reelmark", apiOrigin }: PageOptions): FileSource {
  const script = `Scalar.createApiReference("#app", ${scriptJson({ ...SETTINGS, url: documentUrl, title })})\n${MEND}`;
  const csp = policy(script, apiOrigin);
  const text = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(csp)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" href="${ICON}">
    <style>${STYLE}</style>
  </head>
  <body>
    <div id="app"></div>
    <p class="waiting">Loading the reference…</p>
    <noscript><p>The reference needs JavaScript. The same contract as a file:
      <a href="${escapeHtml(documentUrl)}">OpenAPI document</a>.</p></noscript>
    <script src="${escapeHtml(scriptUrl)}"></script>
    <script>${script}</script>
  </body>
</html>
`;
  return {
    text,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "content-security-policy": `${csp}; frame-ancestors 'none'`,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  };
}
