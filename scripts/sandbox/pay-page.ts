import { html } from "../../server/kit/html.ts";
import { pageResponse } from "./page.ts";

/** The page on which something is paid, in place of Stripe's. `open` is undefined when nothing is to be paid any more. */
export function payPage(id: string, open: { readonly what: string; readonly price: string } | undefined): Response {
  if (!open) {
    const over = html`<h1>This payment page is closed</h1>
      <p>It was paid, it expired, or a reset has forgotten it. <a href="/sandbox">Back to the sandbox</a></p>`;
    return pageResponse("Closed", over, { script: false, status: 410 });
  }
  const body = html`<h1>Pay ${open.price}</h1>
    <p>${open.what}. No card is charged: choose what the customer does.</p>
    <form method="post" action="/sandbox/pay/${id}" class="stack">
      <button name="action" value="pay">Pay</button>
      <button name="action" value="pay-with-bad-card" class="plain">Pay with a card that auto-reload finds declined</button>
      <button name="action" value="expire" class="plain">Leave, and let the page expire</button>
    </form>`;
  return pageResponse("Payment", body, { script: false });
}
