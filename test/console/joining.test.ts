import { afterAll, beforeAll, expect, test } from "vitest";
import { type Mailbox, openMailbox } from "../accounts/mailbox.ts";
import { memberOf, newAddress, openInvitation, PASSWORD } from "../organizations/people.ts";
import { freshOrganization, type TestOrganization } from "../setup/app.ts";
import { findings, logIn, openWorld, type World } from "./world.ts";

let mailbox: Mailbox;
let world: World;
let org: TestOrganization;
beforeAll(async () => {
  mailbox = await openMailbox();
  world = await openWorld({ env: { SMTP_URL: mailbox.url } });
  org = await freshOrganization(world.app);
});
afterAll(async () => {
  await world?.close();
  await mailbox?.close();
});

/** The page that the next mail to an address leads to. */
const linked = async (email: string): Promise<string> =>
  /^http\S+$/m.exec((await mailbox.next(email)).text)?.[0] ?? "the mail leads nowhere";

test("an organization is made, and its maker owns it", async () => {
  const { email, password } = await freshOrganization(world.app);
  const founder = await world.open();
  await logIn(world, founder, { email, password });
  await founder.getByRole("link", { name: "Test Studio" }).click();
  await founder.getByLabel("Its name").fill("  ");
  await founder.getByRole("button", { name: "Make the organization" }).click();
  await founder.getByRole("alert").getByText("Name: must not be blank").waitFor();
  await founder.getByLabel("Its name").fill("Second Studio");
  await founder.getByRole("button", { name: "Make the organization" }).click();
  await founder.getByText("The organization is made, and you own it.").waitFor();
  await founder.getByRole("link", { name: "Second Studio" }).click();
  await founder.getByRole("row").filter({ hasText: "Second Studio" }).getByText("owner").waitFor();
  await founder.context().close();
});

test("the link of an invitation leads somebody new through sign-up into the organization", async () => {
  const email = newAddress("invited");
  const { token } = await openInvitation(world.app, org.organizationId, email, "viewer");
  const guest = await world.open();
  await guest.goto(`${world.url}/console/join?token=${token}`);
  await guest.getByLabel("E-mail address").fill(newAddress("another"));
  await guest.getByLabel("Your name").fill("Ines Roth");
  await guest.getByLabel("Password").fill(PASSWORD);
  await guest.getByRole("button", { name: "Sign up and join" }).click();
  await guest.getByRole("alert").getByText("There is no open invitation with this token").waitFor();
  expect(await findings(guest)).toEqual([]);
  await guest.getByLabel("E-mail address").fill(email);
  await guest.getByLabel("Password").fill(PASSWORD);
  await guest.getByRole("button", { name: "Sign up and join" }).click();
  await guest.waitForURL(`${world.url}/console/${org.organizationId}/keys`);
  await guest.getByText(`Logged in as ${email}`).waitFor();
  await guest.context().close();
});

test("whoever has an account logs in on the way, and joins by one button; a used token is refused", async () => {
  const { email } = await memberOf(world.app, (await freshOrganization(world.app)).organizationId, "member");
  const { token } = await openInvitation(world.app, org.organizationId, email, "viewer");
  const guest = await world.open();
  await guest.goto(`${world.url}/console/join?token=${token}`);
  await guest.getByRole("main").getByRole("link", { name: "Log in" }).click();
  await guest.getByLabel("E-mail address").fill(email);
  await guest.getByLabel("Password").fill(PASSWORD);
  await guest.getByRole("button", { name: "Log in" }).click();
  await guest.getByText("Take up the invitation?").waitFor();
  expect(await findings(guest)).toEqual([]);
  const form = { proof: "forged", token };
  expect((await guest.request.post(guest.url(), { form, headers: { origin: world.url } })).status()).toBe(403);
  await guest.getByRole("button", { name: "Join" }).click();
  await guest.getByText("You have joined.").waitFor();
  expect(new URL(guest.url()).pathname).toBe(`/console/${org.organizationId}/keys`);
  await guest.goto(`${world.url}/console/join`);
  await guest.getByLabel("Token of the mail").fill(token);
  await guest.getByRole("button", { name: "Join" }).click();
  await guest.getByRole("alert").getByText("There is no open invitation with this token").waitFor();
  await guest.context().close();
});

test("the mails of a sign-up and of a forgotten password lead to pages that do what they are for, once", async () => {
  const { email, api } = await freshOrganization(world.app);
  const guest = await world.open();
  const verifying = await linked(email);
  await guest.goto(verifying);
  expect(await findings(guest)).toEqual([]);
  expect((await api.getProfile()).user.email_verified).toBe(false);
  await guest.getByRole("button", { name: "Verify it" }).click();
  await guest.getByText("Your address is verified.").waitFor();
  expect((await api.getProfile()).user.email_verified).toBe(true);
  await guest.goto(verifying);
  await guest.getByRole("button", { name: "Verify it" }).click();
  await guest.getByRole("alert").getByText("UNAUTHORIZED").waitFor();

  await guest.goto(`${world.url}/console`);
  await guest.getByRole("link", { name: "Forgot your password?" }).click();
  await guest.getByLabel("E-mail address").fill(email);
  await guest.getByRole("button", { name: "Send the mail" }).click();
  await guest.getByText("a mail is on its way").waitFor();
  await guest.goto(await linked(email));
  expect(await findings(guest)).toEqual([]);
  const password = "a new one of many words";
  await guest.getByLabel("New password").fill(password);
  await guest.getByRole("button", { name: "Change the password" }).click();
  await guest.getByText("Your password is changed.").waitFor();
  await logIn(world, guest, { email, password });
  await guest.context().close();
});
