import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { OAUTH } from "../../spec/oauth.ts";
import type { TestOrganization } from "../setup/app.ts";
import type { World } from "./world.ts";

type At = { readonly world: World; readonly org: TestOrganization; readonly page: Page; readonly root: string };

/** A program on a device, which its user lets in from the console: what it polls for its tokens with. */
async function letIn({ world, page, root }: At, client_id: string, scope: string) {
  const post = async (path: string, fields: Record<string, string>) => {
    const response = await fetch(world.url + path, { method: "POST", body: new URLSearchParams(fields) });
    return (await response.json()) as Record<string, string>;
  };
  const { user_code = "", device_code = "" } = await post(OAUTH.paths.deviceAuthorization, { client_id, scope });
  await page.goto(`${root}/devices`);
  await page.getByRole("link", { name: "Connect a device" }).click();
  await page.getByLabel("Code").fill(user_code);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("Your device goes on by itself.").waitFor();
  return () => post(OAUTH.paths.token, { grant_type: OAUTH.deviceGrant, client_id, device_code });
}

/** Devices and programs in the browser of somebody who is logged in: one test each. */
export function deviceTests(at: () => At): void {
  test("a device is let in from the console, and a log-in elsewhere is ended", async () => {
    const { world, org, page, root } = at();
    const { email, password } = org;
    const elsewhere = await world.app.api().login({ body: { email, password } });
    const { data } = await world.app.api(elsewhere.access_token).listSessions();
    const current = data.find((session) => session.current);
    await letIn(at(), OAUTH.commandLine, "brands:read");

    await page.goto(`${root}/devices`);
    await page.getByText("this browser").waitFor();
    await page.locator(`a[href$="${current?.id}/end"]`).click();
    await page.getByRole("button", { name: "End the log-in" }).click();
    await page.getByText("The log-in has ended.").waitFor();
    await expect(world.app.api(elsewhere.access_token).listSessions()).rejects.toMatchObject({ status: 401 });
  });

  test("a program is let in, listed with what it may do in words, and removed: its token is dead", async () => {
    const { world, org, page, root } = at();
    const client_name = '<b>Editor</b> "&amp;"';
    const metadata = { client_name, grant_types: [OAUTH.deviceGrant, "refresh_token"] };
    const headers = { "content-type": "application/json" };
    const registered = await fetch(world.url + OAUTH.paths.register, {
      method: "POST",
      headers,
      body: JSON.stringify(metadata),
    });
    const { client_id } = (await registered.json()) as { client_id: string };
    const scopes = "brands:read brands:write personas:read sources:read webhooks:read";
    const { access_token = "" } = await (await letIn(at(), client_id, scopes))();
    await world.app.api(access_token).listBrands();

    await page.goto(`${root}/devices`);
    await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name: "Programs" }).click();
    const row = page.getByRole("row").filter({ hasText: client_name });
    await row.getByText("Test Studio").waitFor();
    await row.getByText("See brands").waitFor();
    await row.getByText("in 30 days").or(row.getByText("next month")).waitFor();
    expect(await row.getByText("See webhook endpoints").isVisible()).toBe(false);
    await row.getByText("and 2 more").click();
    expect(await row.getByText("See webhook endpoints").isVisible()).toBe(true);
    await row.getByRole("link", { name: `Remove… ${client_name}` }).click();
    await page.getByText("the program gave itself its name").waitFor();
    await page.getByText(client_id).waitFor();

    // Another site can make the browser send the form, but not with its proof.
    for (const form of [{}, { proof: "A".repeat(43) }]) {
      const forged = await page.request.post(page.url(), { form, headers: { origin: world.url }, maxRedirects: 0 });
      expect(forged.status()).toBe(403);
    }
    await world.app.api(access_token).listBrands();

    await page.getByRole("button", { name: "Remove the program" }).click();
    await page.getByText("The program is shut out.").waitFor();
    expect(await row.count()).toBe(0);
    expect((await org.api.listGrants()).data.map((one) => one.client_id)).not.toContain(client_id);
    await expect(world.app.api(access_token).listBrands()).rejects.toMatchObject({ status: 401 });
  });
}
