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

document.addEventListener("DOMContentLoaded", warnInsecure);
