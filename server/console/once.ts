import { ApiError } from "../../client/index.ts";
import { readCookie, setCookie } from "../kit/cookies.ts";
import { type Html, html } from "../kit/html.ts";
import { seal, unseal } from "../kit/seal.ts";
import type { View } from "./view.ts";

/** A page has this long to come and show it, in seconds. */
const LIFE_SECONDS = 120;
/** In place of a secret that was shown. */
const SHOWN = "shown";

const nameOf = ({ secure }: View) => `${secure ? "__Host-" : ""}rm_once`;
const purposeOf = ({ session }: View, id: string) => `console once ${session.id} ${id}`;

/**
 * Hands the secret of something just made to the page that shows it: sealed, in a cookie that no script reads, for two minutes
 * and for this session. So it stands in no address, no server keeps it, and an answer that got lost can be asked for again.
 */
export function handOver(view: View, id: string, secret: string): void {
  const until = view.now + LIFE_SECONDS * 1000;
  const sealed = seal(view.sealing, purposeOf(view, id), JSON.stringify({ until, secret }));
  view.visit.cookies.push(setCookie(nameOf(view), sealed, view.secure, LIFE_SECONDS));
}

/** The secret that was handed over for `id`, once: undefined for another id, later, and when the page is loaded again. */
function takeOnce(view: View, id: string): string | undefined {
  if (view.visit.request.method !== "GET") return undefined;
  const sealed = readCookie(view.visit.request.headers.get("cookie"), nameOf(view));
  if (sealed === undefined || sealed === SHOWN) return undefined;
  try {
    // Sealed by this server for this very id, so it is what `handOver` wrote.
    const { until, secret } = JSON.parse(unseal(view.sealing, purposeOf(view, id), sealed)) as Record<string, unknown>;
    if (typeof until !== "number" || typeof secret !== "string" || until < view.now) return undefined;
    view.visit.cookies.push(setCookie(nameOf(view), SHOWN, view.secure, LIFE_SECONDS));
    return secret;
  } catch {
    return undefined;
  }
}

/** Takes the mark of a shown secret away: a browser drops pages that it kept for the way back when their cookies change. */
export function forgetOnce(view: View): void {
  const { visit, secure } = view;
  if (readCookie(visit.request.headers.get("cookie"), nameOf(view)) !== SHOWN) return;
  visit.cookies.push(setCookie(nameOf(view), "", secure, 0));
}

/** The secret of something just made, to be copied; or, when the page is loaded again, `lost`: what to do without it. */
export function shownOnce(view: View, id: string, what: string, lost: string): Html {
  const secret = takeOnce(view, id);
  if (secret === undefined) {
    const again = view.visit.url.searchParams.get("done") === "made";
    return again
      ? html`<p class="done" role="status">The ${what} was shown once, when it was made. ${lost}</p>`
      : html``;
  }
  return html`
    <section class="once" aria-label="The ${what}">
      <p><strong>This is the ${what}.</strong> Copy it now: it is shown this once, and nobody can bring it back.</p>
      <code class="secret" id="secret" tabindex="0">${secret}</code>
      <button type="button" data-copy="secret" hidden>Copy</button>
    </section>`;
}

/**
 * What a form had made already, when it came a second time: its id, from the refusal. Throws any other error as it is.
 */
export function madeBefore(error: unknown): { readonly id: string } {
  const id = error instanceof ApiError && error.status === 409 ? error.details.resource_id : undefined;
  if (typeof id === "string") return { id };
  throw error;
}
