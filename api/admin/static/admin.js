// What the page does by itself; everything else is links and forms.
"use strict";

// The server asks for this of every form that a script sends.
document.addEventListener("htmx:config:request", (event) => {
  const token = document.querySelector('meta[name="csrf"]');
  if (token) event.detail.ctx.request.headers["X-CSRF-Token"] = token.content;
});

// Whose session is over learns it from a stream that ends.
document.addEventListener("htmx:sse:error", (event) => {
  if (event.detail.status === 401) location.reload();
});

// A browser keeps our cookie by https only, and on its own machine.
function warnInsecure() {
  const warning = document.getElementById("insecure");
  if (warning && !window.isSecureContext) warning.hidden = false;
}

// Both pictures of a slider are as wide and high as the result.
function shape(root) {
  for (const one of root.querySelectorAll("[data-ratio]")) {
    one.style.setProperty("--ratio", one.dataset.ratio);
  }
}

// A key presses the button or follows the link that names it, unless somebody writes.
document.addEventListener("keydown", (event) => {
  const writes = event.target.closest("input, select, textarea, [contenteditable]");
  if (writes || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  for (const one of document.querySelectorAll("[data-key]")) {
    if (one.dataset.key === event.key.toLowerCase()) {
      event.preventDefault();
      one.click();
      return;
    }
  }
});

function begin() {
  warnInsecure();
  shape(document);
}

document.addEventListener("DOMContentLoaded", begin);
document.addEventListener("htmx:after:swap", () => shape(document));
