/** The console works without this. It copies what is shown once, and sends no form twice. */
for (const button of document.querySelectorAll("button[data-copy]")) {
  const secret = document.getElementById(button.dataset.copy);
  // Browsers let pages copy over https and on the device itself alone: elsewhere the text is there to be selected.
  if (!secret || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(secret);
      button.textContent = "Selected: copy it with the keyboard";
    }
  });
}

// A browser may keep the whole page for the way back: what was shown once does not come along.
addEventListener("pagehide", () => {
  for (const box of document.querySelectorAll(".once")) box.remove();
});

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
