// The view of a state machine: its map and its executions, the latest first; or the executions of a map run.

import { read, settings } from "./api.js";
import { button, day, duration, el, pill, VirtualList } from "./dom.js";
import { start } from "./forms.js";
import { StateMap } from "./map.js";

const mostAfar = 2000; // executions that a page which looks is given, as the server cuts them
const statuses = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

// Executions is the list of a machine's executions, or of a map run's.
class Executions {
  constructor(of) {
    Object.assign(this, { of, rows: [], byARN: new Map(), shown: [] });
    this.list = new VirtualList({
      label: "executions", height: 40, draw: (i) => this.draw(this.shown[i]),
      choose: (i) => { location.hash = "#/e/" + encodeURIComponent(this.shown[i].arn); },
    });
    this.search = el("input", { type: "search", placeholder: "name contains", "aria-label": "name contains", oninput: () => this.filter() });
    this.status = el("select", { "aria-label": "status", onchange: () => this.filter() }, el("option", { value: "" }, "all"),
      statuses.map((s) => el("option", { value: s }, s.replace("_", " ").toLowerCase())));
    this.count = el("span", { class: "soft", role: "status" });
    this.node = el("section", { class: "executions" }, el("div", { class: "bar" }, el("h2", {}, "Executions"), this.count, this.search, this.status), this.list.node);
  }

  draw(row) {
    const took = row.stop ? duration(row.stop - row.start) : "";
    return [pill(row.status), el("bdi", { class: "name" }, row.name), el("span", { class: "soft took" }, took), el("time", { class: "soft" }, day(row.start))];
  }

  async load() {
    this.rows = await read("executions", this.of);
    this.byARN = new Map(this.rows.map((row) => [row.arn, row]));
    this.filter();
  }

  // Poll reads the latest executions; all of them where one that still ran is not among those.
  async poll() {
    const latest = await read("executions", { ...this.of, latest: 1 });
    const seen = new Set(latest.map((row) => row.arn));
    if (this.rows.some((row) => row.status === "RUNNING" && !seen.has(row.arn))) return this.load();
    for (const row of latest.reverse()) this.change(row);
  }

  // Take a change. Many may come at once; the list is drawn once a frame.
  change(row) {
    const known = this.byARN.get(row.arn);
    if (known && known.status === row.status && known.redrives === row.redrives) return;
    if (known) Object.assign(known, row, { stop: row.stop });
    else {
      this.rows.unshift(row);
      this.byARN.set(row.arn, row);
    }
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.filter();
    });
  }

  filter() {
    const [text, status] = [this.search.value.toLowerCase(), this.status.value];
    this.shown = this.rows.filter((row) => (!status || row.status === status) && (!text || row.name.toLowerCase().includes(text)));
    const all = (this.rows.length >= mostAfar && settings.poll ? "the latest " : "") + this.rows.length;
    this.count.textContent = this.shown.length === this.rows.length ? all : `${this.shown.length} of ${all}`;
    this.list.set(this.shown.length);
    this.list.node.classList.toggle("empty", this.shown.length === 0);
  }
}

// MachineView shows a machine.
export async function machineView(arn) {
  const drawing = await read("graph", { machine: arn });
  const machine = { arn, name: drawing.name, type: drawing.type, aliases: drawing.aliases };
  const checkout = read("checkout", { machine: arn });
  const about = el("p", { class: "source", role: "status" });
  const map = new StateMap(drawing, async (node) => {
    map.select(node.name);
    const { places } = await checkout;
    const place = places[node.id];
    about.replaceChildren(el("strong", {}, el("bdi", {}, node.name)), " ", node.comment ?? "", " ", place ? el("bdi", { class: "code" }, `${place.at}  ${place.code}`) : "");
  });
  const view = el("div", { class: "view machine" },
    el("div", { class: "head" }, el("h1", {}, el("bdi", {}, drawing.name)), el("span", { class: "soft" }, drawing.type.toLowerCase()),
      el("span", { class: "grow" }), settings.write ? button("Start…", () => start(machine, undefined, checkout), { class: "primary" }) : null));
  if (drawing.type === "EXPRESS") {
    view.append(el("p", { class: "note" }, "Step Functions keeps no list of Express executions: stride tail tells them from their log. Start runs one and shows its result."), map.node, about);
    return { node: view };
  }
  const executions = new Executions({ machine: arn });
  await executions.load();
  view.append(el("div", { class: "columns" }, executions.node, el("div", { class: "mapped" }, map.node, about)));
  return { node: view, change: (row) => row.machine === arn && executions.change(row), reload: () => executions.load(), poll: () => executions.poll() };
}

// RunView shows the children of a map run.
export async function runView(arn) {
  const executions = new Executions({ run: arn });
  await executions.load();
  const poll = setInterval(() => executions.rows.some((row) => row.status === "RUNNING") && executions.load().catch(() => {}), settings.poll || 1000);
  return {
    node: el("div", { class: "view" }, el("div", { class: "head" }, el("h1", {}, "Map run"), el("bdi", { class: "soft" }, arn)), executions.node),
    reload: () => executions.load(), close: () => clearInterval(poll),
  };
}
