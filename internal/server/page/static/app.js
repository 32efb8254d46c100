// The frame of the page: the list of workflows, and the view that the address names. #/m/ARN is a state machine, #/e/ARN an
// execution, #/r/ARN a map run.

import { live, read } from "./api.js";
import { el } from "./dom.js";
import { executionView } from "./execution.js";
import { problem } from "./forms.js";
import { machineView, runView } from "./machine.js";

const views = { m: machineView, e: executionView, r: runView };
const main = document.getElementById("main");
const nav = document.getElementById("workflows");
const state = { view: undefined, machines: [], turn: 0 };

const region = (arn) => arn.split(":")[3] + " " + arn.split(":")[4];

function listMachines() {
  const here = decodeURIComponent(location.hash);
  const rows = state.machines.map((m) => el("a", {
    href: "#/m/" + encodeURIComponent(m.arn), "aria-current": here === "#/m/" + m.arn || here.includes(":" + m.name + ":") ? "page" : false,
  }, el("bdi", {}, m.name), el("span", { class: "soft" }, m.type === "EXPRESS" ? "express" : "")));
  nav.replaceChildren(el("h2", {}, "Workflows"), ...rows);
  document.getElementById("where").textContent = [...new Set(state.machines.map((m) => region(m.arn)))].join(", ");
}

const welcome = () => el("div", { class: "view welcome" }, el("h1", {}, "Nothing is deployed yet"),
  el("p", {}, "In the directory of your project, type"), el("pre", {}, "stride deploy\nstride start WORKFLOW --input '{}'"));

// Show builds the view that the address names. Of two at once, the one asked for last stays.
async function show() {
  const turn = ++state.turn;
  const [, kind, arn] = location.hash.match(/^#\/(\w)\/(.+)$/) ?? [];
  listMachines();
  if (!views[kind]) {
    if (state.machines.length) location.replace("#/m/" + encodeURIComponent(state.machines[0].arn));
    else main.replaceChildren(welcome());
    return;
  }
  try {
    const view = await views[kind](decodeURIComponent(arn));
    if (turn !== state.turn) return view.close?.();
    state.view?.close?.();
    state.view = view;
    main.replaceChildren(view.node);
  } catch (error) {
    main.replaceChildren(problem(error));
  }
}

async function loadMachines() {
  const before = JSON.stringify(state.machines);
  state.machines = await read("machines");
  if (JSON.stringify(state.machines) === before) return;
  listMachines();
  if (!views[location.hash[2]]) await show();
}

function connected(is) {
  const light = document.getElementById("live");
  light.textContent = is ? "live" : "not connected";
  light.classList.toggle("off", !is);
  if (is) {
    loadMachines();
    state.view?.reload?.().catch((error) => main.prepend(problem(error)));
  }
}

addEventListener("hashchange", show);
setInterval(() => document.hidden || loadMachines().catch(() => {}), 3000);
live((row) => state.view?.change?.(row), connected);
await loadMachines();
await show();
