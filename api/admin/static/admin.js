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

// Curves: each chart asks for its numbers, and again whenever the page has moved.
const COLOURS = ["--accent", "--bad", "--warn", "--good", "--muted"];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// What never leaves [-1, 1] has a scale of its own where something else does: SSIM beside PSNR.
function scaleOf(values, most) {
  const largest = Math.max(...values.map((value) => Math.abs(value ?? 0)));
  return largest <= 1 && most > 3 ? "share" : "y";
}

function options(chart, names, curves) {
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const most = Math.max(...names.flatMap((name) => curves[name].map((value) => Math.abs(value ?? 0))));
  const series = names.map((name, at) => ({
    label: name,
    scale: scaleOf(curves[name], most),
    stroke: colour(COLOURS[at % COLOURS.length]),
    width: 1.5,
    spanGaps: true,
  }));
  const axes = [{ ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] }, { ...axis, size: 60 }];
  if (series.some((one) => one.scale === "share")) {
    axes.push({ ...axis, scale: "share", side: 1, size: 50, grid: { show: false } });
  }
  return { width: chart.clientWidth, height: 240, scales: { x: { time: false } }, axes, series: [{ label: "epoch" }, ...series] };
}

async function draw(chart) {
  const answer = await fetch(chart.dataset.curves, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const told = await answer.json();
  const curves = told[chart.dataset.of];
  const names = Object.keys(curves);
  const data = [told.epochs, ...names.map((name) => curves[name])];
  if (chart.plot && chart.plot.series.length === data.length) {
    chart.plot.setData(data);
    return;
  }
  if (chart.plot) chart.plot.destroy();
  chart.plot = names.length ? new uPlot(options(chart, names, curves), data, chart) : null;
}

function drawAll() {
  document.querySelectorAll("[data-curves]").forEach(draw);
}

window.addEventListener("resize", () => {
  for (const chart of document.querySelectorAll("[data-curves]")) {
    if (chart.plot) chart.plot.setSize({ width: chart.clientWidth, height: 240 });
  }
});

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

// On a phone the parts are one long line: where one is stands in sight.
function showWhere() {
  const here = document.querySelector(".side [aria-current]");
  if (here) here.scrollIntoView({ inline: "center", block: "nearest" });
}

function begin() {
  warnInsecure();
  showWhere();
  move();
}

function move() {
  shape(document);
  drawAll();
}

document.addEventListener("DOMContentLoaded", begin);
document.addEventListener("htmx:after:swap", move);
