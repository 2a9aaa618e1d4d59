import { SCOPES, type Scope } from "../../spec/vocabulary.ts";
import { type Html, html } from "../kit/html.ts";
import type { Choice, Visit } from "./grants.ts";

/** Which client asks, and how it will be told the answer. */
export type Asking = {
  readonly name: string;
  /** Whether it registered itself, so that its name is its own word. */
  readonly unknown: boolean;
  /** Where the browser goes afterwards; undefined for a device. */
  readonly redirect: URL | undefined;
  /** The code that the device shows. */
  readonly userCode: string | undefined;
};

const where = ({ redirect, userCode }: Asking): Html => {
  if (userCode !== undefined) return html`<dt>Your device shows</dt><dd><code>${userCode}</code></dd>`;
  const local = redirect?.protocol === "http:";
  return html`<dt>Leads back to</dt><dd>${redirect?.host}${local && html` <span class="soft">(a program on this device)</span>`}</dd>`;
};

const organizationChoice = ([first, ...more]: readonly Choice[]): Html => {
  if (!first) return html``;
  if (more.length === 0) {
    return html`<input type="hidden" name="organization" value="${first.organization.id}">`;
  }
  const options = [first, ...more].map(
    ({ organization }, at) => html`
      <label class="choice"><input type="radio" name="organization" value="${organization.id}" ${at === 0 && html`checked`}>
        <span>${organization.name}<small>You are its ${organization.role}</small></span></label>`,
  );
  return html`<fieldset><legend>For which organization?</legend>${options}</fieldset>`;
};

const scopeChoice = (scopes: readonly Scope[]): Html => html`
  <fieldset><legend>It may</legend>
    ${scopes.map(
      (scope) => html`
        <label class="choice"><input type="checkbox" name="scope" value="${scope}" checked>
          <span>${SCOPES[scope]}<small><code>${scope}</code></small></span></label>`,
    )}
  </fieldset>`;

export type ConsentForm = {
  readonly action: string;
  readonly asking: Asking;
  readonly choices: readonly Choice[];
  readonly problem: string | undefined;
};

/** What a client asks for, in words, with a choice of organization and of scopes. */
export function consentBody(visit: Visit, { action, asking, choices, problem }: ConsentForm): Html {
  const scopes = [...new Set(choices.flatMap((choice) => choice.scopes))];
  const [only] = choices.length === 1 ? choices : [];
  return html`
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    <dl>
      <dt>Program</dt><dd>${asking.name}</dd>
      ${where(asking)}
      ${only && html`<dt>Organization</dt><dd>${only.organization.name}</dd>`}
    </dl>
    ${asking.unknown && html`<p class="soft">The program gave itself this name. Go on only if you have just started it.</p>`}
    ${asking.userCode !== undefined && html`<p class="soft">Go on only if the code is the one that you see on your own device.</p>`}
    <form method="post" action="${action}">
      <input type="hidden" name="proof" value="${visit.proof}">
      ${asking.userCode !== undefined && html`<input type="hidden" name="user_code" value="${asking.userCode}">`}
      ${organizationChoice(choices)}
      ${scopeChoice(scopes)}
      <p class="soft">Never more than your own role allows. It ends when you log out here, or remove it in the console, under Programs.</p>
      <div class="pair">
        <button class="plain" name="decision" value="deny">Refuse</button>
        <button name="decision" value="allow">Allow</button>
      </div>
    </form>`;
}

/** Where a device's code is typed. */
export const codeBody = (visit: Visit, action: string, code: string, problem: string | undefined): Html => html`
  <p>Type the code that your device shows.</p>
  ${problem && html`<p class="error" role="alert">${problem}</p>`}
  <form method="post" action="${action}">
    <input type="hidden" name="proof" value="${visit.proof}">
    <label for="user_code">Code</label>
    <input class="code" id="user_code" name="user_code" type="text" inputmode="text" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="20" placeholder="XXXX-XXXX" value="${code}" autofocus>
    <button>Go on</button>
  </form>`;

const NOTHING_TO_GIVE =
  "It asks for nothing that your role in your organizations allows. Ask an admin of the organization, or start it again with fewer scopes.";

/** Says that there is nothing to approve, with a way to tell the client so. */
export const nothingBody = (visit: Visit, action: string, userCode: string | undefined): Html => html`
  <p>${NOTHING_TO_GIVE}</p>
  <form method="post" action="${action}">
    <input type="hidden" name="proof" value="${visit.proof}">
    ${userCode !== undefined && html`<input type="hidden" name="user_code" value="${userCode}">`}
    <button class="plain" name="decision" value="deny">Go back</button>
  </form>`;
