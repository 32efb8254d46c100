// The list of a machine's executions, or of a map run's, the latest first.

import { read, settings } from "./api.js";
import { day, duration, el, pill, VirtualList } from "./dom.js";

const mostAfar = 2000; // executions that a page which looks is given, as the server cuts them
const statuses = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

// Executions is the list of a machine's executions, or of a map run's.
export class Executions {
  constructor(of) {
    Object.assign(this, { of, rows: [], byARN: new Map(), shown: [] });
    this.list = new VirtualList({
      label: "executions", height: 40, draw: (i) => this.draw(this.shown[i]),
      choose: (i) => { location.hash = this.address(this.shown[i]); },
    });
    this.search = el("input", { type: "search", placeholder: "name contains", "aria-label": "name contains", oninput: () => this.filter() });
    this.status = el("select", { "aria-label": "status", onchange: () => this.choose() }, el("option", { value: "" }, "all"),
      statuses.map((s) => el("option", { value: s }, s.replace("_", " ").toLowerCase())));
    this.count = el("span", { class: "soft", role: "status" });
    this.node = el("section", { class: "executions" }, el("div", { class: "bar" }, el("h2", {}, "Executions"), this.count, this.search, this.status), this.list.node);
  }

  address(row) {
    return "#/e/" + encodeURIComponent(row.arn);
  }

  draw(row) {
    const took = row.stop && row.start ? duration(row.stop - row.start) : "";
    return [pill(row.status), el("bdi", { class: "name" }, row.name), el("span", { class: "soft took" }, took), el("time", { class: "soft" }, day(row.start || row.stop))];
  }

  // Load reads the list. What changes meanwhile may not be in it, and is taken once more.
  async load() {
    const missed = (this.missed = []);
    this.take(await read("executions", this.of));
    if (this.missed === missed) this.missed = undefined;
    for (const row of missed) this.change(row);
  }

  take(rows) {
    this.rows = rows;
    this.byARN = new Map(rows.map((row) => [row.arn, row]));
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
    this.missed?.push(row);
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

  // Total says how many there are, as far as is known.
  total() {
    return (this.rows.length >= mostAfar && settings.poll ? "the latest " : "") + this.rows.length;
  }

  // Choose shows those of the chosen status.
  choose() {
    this.filter();
  }

  filter() {
    const [text, status] = [this.search.value.toLowerCase(), this.status.value];
    this.shown = this.rows.filter((row) => (!status || row.status === status) && (!text || row.name.toLowerCase().includes(text)));
    const all = this.total();
    this.count.textContent = this.shown.length === this.rows.length ? all : `${this.shown.length} of ${all}`;
    this.list.set(this.shown.length);
    this.list.node.classList.toggle("empty", this.shown.length === 0);
  }
}
