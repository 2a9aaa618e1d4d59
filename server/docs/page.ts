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
`;

/** Everything that would call, or send a reader to, a host that is not ours is off. */
const SETTINGS = {
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
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
  const script = `Scalar.createApiReference("#app", ${scriptJson({ ...SETTINGS, url: documentUrl, title })})`;
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
