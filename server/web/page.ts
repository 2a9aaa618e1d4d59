import { Html, html } from "../kit/html.ts";
import { hashSource, ICON, STYLE } from "./style.ts";

export type Page = {
  readonly title: string;
  readonly body: Html;
  /** 200 unless told. */
  readonly status?: number;
  /** Origins that a form of the page leads to at last: browsers hold its redirects to the page's policy, too. */
  readonly leadsTo?: readonly string[];
  /** Beside the name at the top. */
  readonly nav?: Html;
  readonly footer?: Html;
  /** Rules that follow those of every page. */
  readonly style?: string;
  /** Path of a script on this server; without one no script runs. */
  readonly script?: string;
};

const styleOf = ({ style = "" }: Page): string => STYLE + style;

/** Headers of a page: nothing is loaded from elsewhere, no script runs but its own, no other page frames it, no cache keeps it. */
function headersOf(page: Page): Headers {
  const { leadsTo = [] } = page;
  const policy = [
    "default-src 'none'",
    `style-src ${hashSource(styleOf(page))}`,
    ...(page.script === undefined ? [] : ["script-src 'self'"]),
    "img-src data:",
    `form-action ${["'self'", ...leadsTo].join(" ")}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return new Headers({
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": policy.join("; "),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    // Not no-referrer: with it, browsers send `Origin: null` with the page's own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
  });
}

/** A whole page as a response. `cookies` are `Set-Cookie` values. */
export function pageResponse(page: Page, cookies: readonly string[]): Response {
  const text = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>${page.title} · Reelmark</title>
    <link rel="icon" href="${ICON}">
    <style>${new Html(styleOf(page))}</style>
    ${page.script !== undefined && html`<script src="${page.script}" defer></script>`}
  </head>
  <body>
    <header><img src="${ICON}" alt="">Reelmark${page.nav}</header>
    <main>
      <h1>${page.title}</h1>
      ${page.body}
    </main>
    ${page.footer && html`<footer>${page.footer}</footer>`}
  </body>
</html>
`.text;
  const headers = headersOf(page);
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return new Response(text, { status: page.status ?? 200, headers });
}
