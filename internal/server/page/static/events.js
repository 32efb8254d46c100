// The table of history events; its rows are fetched as they come into sight.

import { read } from "./api.js";
import { clock, el, payload, VirtualList } from "./dom.js";

const chunk = 500; // events in one answer, as the server cuts them

export class Events {
  // Of says whose events they are, as the server asks it.
  constructor(of, choose) {
    Object.assign(this, { of, choose, rows: [], asked: new Set() });
    this.list = new VirtualList({ label: "events", height: 30, draw: (i) => this.draw(this.rows[i]), choose: (i) => this.open(this.rows[i]) });
    this.list.shown = (from, to) => this.want(from, to);
    this.detail = el("div", { class: "event-detail" }, el("p", { class: "soft" }, "Choose an event to see all of it."));
    this.node = el("div", { class: "events" }, this.list.node, this.detail);
  }

  set(count) {
    this.asked.delete(Math.floor(this.rows.length / chunk));
    this.list.set(count);
  }

  want(from, to) {
    for (let c = Math.floor(from / chunk); c * chunk < to; c++) {
      if (!this.asked.has(c)) {
        this.asked.add(c);
        this.fetch(c);
      }
    }
  }

  async fetch(c) {
    try {
      const rows = await read("events", { ...this.of, from: c * chunk });
      rows.forEach((row, i) => { this.rows[c * chunk + i] = row; });
      this.list.redraw();
    } catch {
      this.asked.delete(c); // asked for anew when it comes into sight again
    }
  }

  draw(row) {
    if (!row) return el("span", { class: "soft" }, "…");
    return [el("span", { class: "soft id" }, row.id), el("time", { class: "soft" }, clock(row.time)),
      el("span", { class: "name" + (row.bad ? " bad" : "") }, row.type), el("bdi", { class: "soft state-name" }, row.name)];
  }

  async open(row) {
    if (!row) return;
    const event = await read("event", { ...this.of, id: row.id });
    this.detail.replaceChildren(payload("Event " + row.id, JSON.stringify(event)));
    if (row.step) this.choose(row.step);
  }
}
