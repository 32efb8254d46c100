// The frame of the page: the list of workflows, and the view that the address names. #/m/ARN is a state machine, #/e/ARN an
// execution, #/r/ARN a map run; ?at= is when an Express execution ran, in milliseconds: its log is searched there.

import { live, read, settings } from "./api.js";
import { el } from "./dom.js";
import { executionView } from "./execution.js";
import { problem } from "./forms.js";
import { machineView, runView } from "./machine.js";

const views = { m: machineView, e: executionView, r: runView };
const main = document.getElementById("main");
const nav = document.getElementById("workflows");
const state = { view: undefined, machines: [], turn: 0, filter: "", missed: undefined };
const fewMachines = 12; // more of them get a field to search in

const region = (arn) => arn.split(":")[3] + " " + arn.split(":")[4];

// MarkPlace says at the top where all this is.
function markPlace() {
  const place = document.getElementById("place");
  const local = settings.place === "";
  place.classList.add(local ? "local" : "remote");
  place.title = local ? "everything here is on this machine; nothing is on AWS" : "what you see is there, not on this machine";
  place.textContent = local ? "LOCAL" : settings.place;
  if (!settings.write) place.after(el("span", { class: "place reading", title: "stride ui --write lets the page change something" }, "READ ONLY"));
}

function listMachines() {
  const here = decodeURIComponent(location.hash);
  const fits = (m) => m.name.toLowerCase().includes(state.filter);
  const rows = state.machines.filter(fits).map((m) => el("a", {
    href: "#/m/" + encodeURIComponent(m.arn), "aria-current": here === "#/m/" + m.arn || here.includes(":" + m.name + ":") ? "page" : false,
  }, el("bdi", {}, m.name), el("span", { class: "soft" }, m.type === "EXPRESS" ? "express" : "")));
  nav.querySelector(".machines").replaceChildren(...rows);
  nav.querySelector("input").hidden = state.machines.length <= fewMachines;
  if (settings.place === "") document.getElementById("where").textContent = [...new Set(state.machines.map((m) => region(m.arn)))].join(", ");
}

function frame() {
  const search = el("input", { type: "search", placeholder: "name contains", "aria-label": "workflow name contains", oninput: () => {
    state.filter = search.value.toLowerCase();
    listMachines();
  } });
  nav.replaceChildren(el("h2", {}, "Workflows"), search, el("div", { class: "machines" }));
}

const welcome = () => el("div", { class: "view welcome" }, el("h1", {}, "Nothing is deployed yet"),
  el("p", {}, "In the directory of your project, type"), el("pre", { tabindex: 0 }, "stride deploy\nstride start WORKFLOW --input '{}'"));

// Show builds the view that the address names. Of two at once, the one asked for last stays.
async function show() {
  const turn = ++state.turn;
  const [, kind, arn, at] = location.hash.match(/^#\/(\w)\/([^?]+)(?:\?at=(\d+))?$/) ?? [];
  listMachines();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  if (!views[kind]) {
    if (state.machines.length) location.replace("#/m/" + encodeURIComponent(state.machines[0].arn));
    else main.replaceChildren(welcome());
    return;
  }
  state.missed = []; // what changes while the view is built
  try {
    const view = await views[kind](decodeURIComponent(arn), at);
    if (turn !== state.turn) return view.close?.();
    state.view?.close?.();
    state.view = view;
    for (const change of state.missed) change(view);
    state.missed = undefined;
    main.replaceChildren(view.node);
    main.scrollTop = 0;
    document.title = `${view.node.querySelector("h1").textContent} · stride ${settings.place || "local"}`;
  } catch (error) {
    main.replaceChildren(el("div", { class: "view" }, el("h1", {}, "This cannot be shown"), problem(error)));
  }
}

async function loadMachines() {
  const before = JSON.stringify(state.machines);
  state.machines = await read("machines");
  if (JSON.stringify(state.machines) === before) return;
  listMachines();
  if (!views[location.hash[2]]) await show();
}

function connected(is, word) {
  const light = document.getElementById("live");
  light.textContent = is ? word ?? "live" : "not connected";
  light.classList.toggle("off", !is);
}

// Follow hears of changes from the server or, where nobody tells it any, looks for them.
function follow() {
  if (!settings.poll) {
    const tell = (change) => {
      if (state.view) change(state.view);
      state.missed?.push(change);
    };
    live((row) => tell((view) => view.change?.(row)), (is) => {
      connected(is);
      if (!is) return;
      loadMachines();
      tell((view) => view.reload?.().catch((error) => main.prepend(problem(error))));
    });
    setInterval(() => document.hidden || loadMachines().catch(() => {}), 3000);
    return;
  }
  connected(true, `looks every ${settings.poll / 1000} s`);
  setInterval(async () => {
    if (document.hidden) return;
    try {
      await state.view?.poll?.();
      connected(true, `looks every ${settings.poll / 1000} s`);
    } catch {
      connected(false);
    }
  }, settings.poll);
  setInterval(() => document.hidden || loadMachines().catch(() => {}), 10 * settings.poll);
}

markPlace();
frame();
addEventListener("hashchange", show);
try {
  await loadMachines();
} catch (error) {
  main.replaceChildren(problem(error));
}
await show();
follow();
