// Keeps the sandbox's page up to date, and sends its forms without leaving it. Without this script both work by hand.
const POLL_MS = 1500;
const live = document.getElementById("live");
const result = document.querySelector("[data-result]");
document.documentElement.classList.add("scripted");

/** Puts a list as it is now in place of the one shown: what did not change stays, open or focused as it is. */
function mergeList(shown, fresh) {
  const present = new Map([...shown.children].map((one) => [one.dataset.key, one]));
  const next = [...fresh.children].map((one) => {
    const old = present.get(one.dataset.key);
    return old && old.dataset.text === textOf(one) ? old : marked(one, old);
  });
  shown.replaceChildren(...next);
}

const textOf = (element) => element.textContent.replace(/\s+/g, " ");

/** Remembers what an entry says, and keeps it open when the one that it replaces was. */
function marked(element, old) {
  element.dataset.text = textOf(element);
  if (old?.querySelector("details[open]")) element.querySelector("details")?.setAttribute("open", "");
  return element;
}

for (const one of document.querySelectorAll(".entries > li")) marked(one);

let asked = 0;

async function refresh() {
  asked += 1;
  const mine = asked;
  const answer = await fetch("/sandbox", { headers: { accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Of two that are under way, the one that was asked for last has seen more.
  if (mine !== asked) return;
  for (const shown of live.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${shown.dataset.live}"]`);
    if (!now) continue;
    if (shown.matches("ul")) mergeList(shown, now);
    else shown.replaceChildren(...now.childNodes);
  }
  live.dataset.version = fresh.getElementById("live")?.dataset.version ?? "";
}

async function poll() {
  try {
    if (!document.hidden) {
      const { version, now } = await (await fetch("/sandbox/clock")).json();
      const shown = document.querySelector('[data-live="clock"]')?.firstChild;
      if (shown) shown.textContent = `${now.slice(0, 19).replace("T", " ")} UTC`;
      if (version !== live.dataset.version) await refresh();
      if (result.dataset.lost) say("");
    }
  } catch {
    say("The sandbox does not answer: was it stopped?");
    result.dataset.lost = "yes";
  }
  setTimeout(poll, POLL_MS);
}

function say(text) {
  result.textContent = text;
  delete result.dataset.lost;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-action]");
  if (!form) return;
  event.preventDefault();
  const data = new URLSearchParams(new FormData(form, event.submitter));
  event.submitter.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { accept: "application/json" } });
    const said = await answer.json();
    say(said.error?.message ?? said.done ?? (said.now ? `It is ${said.now} now` : "Done"));
    await refresh();
  } catch {
    say("The sandbox does not answer: was it stopped?");
  }
  event.submitter.disabled = false;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1200);
});

setTimeout(poll, POLL_MS);
