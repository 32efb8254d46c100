// The map of a state machine: the server's layout drawn, zoomed, panned, and coloured by what an execution did.

import { button, el, sign, svg, visible } from "./dom.js";

const margin = 24;
const longestName = 44;
const readable = 0.75; // the smallest scale at which names are read without effort
const largest = 1.3; // the scale of a map that has room to spare
const cut = (text, n) => ([...text].length > n ? [...text].slice(0, n - 1).join("") + "…" : text);

// StateMap draws a drawing of the server; choose(node) is called when a state is clicked or entered.
export class StateMap {
  constructor(drawing, choose) {
    Object.assign(this, { drawing, choose, groups: new Map(), pointers: new Map() });
    this.full = { x: -margin, y: -margin, w: drawing.width + 2 * margin, h: drawing.height + 2 * margin };
    this.canvas = svg("svg", { class: "map", role: "group", "aria-label": "map of " + drawing.name }, tips());
    for (const node of drawing.nodes) this.canvas.append(this.draw(node));
    for (const edge of drawing.edges) this.canvas.append(drawEdge(edge));
    this.search = el("input", { type: "search", placeholder: "find a state", "aria-label": "find a state", oninput: () => this.find(), onkeydown: (e) => this.searchKey(e) });
    this.found = el("span", { class: "soft", role: "status" });
    this.node = el("div", { class: "mapbox" }, this.canvas, el("div", { class: "finder" }, this.search, this.found), el("div", { class: "zoom" },
      button("+", () => this.zoom(0.8), { "aria-label": "zoom in" }), button("−", () => this.zoom(1.25), { "aria-label": "zoom out" }),
      button("Fit", () => this.fit(), { "aria-label": "fit the map" })));
    this.listen();
    this.fit();
    this.whenSized = new ResizeObserver(() => this.node.clientWidth && this.open());
    this.whenSized.observe(this.node);
  }

  // Open is the first view: all of the map where its text can be read, else its beginning, and the chosen state.
  open() {
    this.whenSized.disconnect();
    const [w, h] = [this.node.clientWidth / readable, this.node.clientHeight / readable];
    if (this.full.w <= w && this.full.h <= h) return this.fit();
    this.view = { x: this.full.x + (this.full.w - w) / 2, y: this.full.y, w, h };
    const chosen = this.groups.get(this.chosen)?.node;
    if (chosen) this.centre(chosen);
    this.apply();
  }

  centre(node) {
    const v = this.view;
    v.x = node.x + node.w / 2 - v.w / 2;
    v.y = Math.max(this.full.y, Math.min(node.y + node.h / 2 - v.h / 2, this.full.y + this.full.h - v.h));
    this.apply();
  }

  // Reveal moves the map where a node is out of sight.
  reveal(node) {
    const v = this.view;
    const [x, y] = [node.x + node.w / 2, node.y + node.h / 2];
    if (x < v.x || x > v.x + v.w || y < v.y || y > v.y + v.h) this.centre(node);
  }

  draw(node) {
    if (node.kind === "Start" || node.kind === "End") {
      return svg("circle", { class: "dot", cx: node.x + node.w / 2, cy: node.y + node.h / 2, r: 8 }, svg("title", {}, node.kind));
    }
    const group = svg("g", { class: "state", tabindex: 0, role: "button" },
      svg("rect", { class: node.container ? "box" : "node", x: node.x, y: node.y, width: node.w, height: node.h, rx: 9 }), this.words(node),
      svg("text", { class: "badge", "aria-hidden": "true", x: node.x + node.w - 2, y: node.y - 5, "text-anchor": "end" }), svg("title", {}, nameOf(node)));
    group.addEventListener("click", () => !this.dragged && this.choose(node));
    group.addEventListener("keydown", (e) => {
      if (e.key === "Enter" || e.key === " ") {
        e.preventDefault();
        this.choose(node);
      }
    });
    this.groups.set(node.name, { group, node });
    return group;
  }

  words(node) {
    const x = node.x + node.w / 2;
    const name = cut(node.name, longestName);
    if (node.container) {
      return svg("text", { x, y: node.y + 18, "text-anchor": "middle", "aria-hidden": "true" }, name, " ", svg("tspan", { class: "kind" }, node.kind));
    }
    return svg("g", { "aria-hidden": "true" }, svg("text", { x, y: node.y + node.h / 2 - 2, "text-anchor": "middle" }, name),
      svg("text", { class: "kind", x, y: node.y + node.h / 2 + 13, "text-anchor": "middle" }, node.kind));
  }

  // Way names a transition as colour() wants those that were taken: names of states, "" for the start and the end of the machine.
  static way(from, to, caught) {
    return JSON.stringify([from, to, Boolean(caught)]);
  }

  // Find marks the states whose names contain what is searched for.
  find() {
    const text = this.search.value.toLowerCase();
    this.matches = [...this.groups.values()].filter(({ node }) => text && node.name.toLowerCase().includes(text));
    for (const entry of this.groups.values()) entry.group.classList.toggle("found", this.matches.includes(entry));
    this.canvas.classList.toggle("searched", this.matches.length > 0);
    this.found.textContent = text ? `${this.matches.length} found` : "";
    this.at = -1;
    if (this.matches.length) this.reveal(this.matches[0].node);
  }

  // Enter goes from match to match, Escape ends the search.
  searchKey(e) {
    if (e.key === "Escape") {
      this.search.value = "";
      this.find();
    }
    if (e.key !== "Enter" || !this.matches?.length) return;
    e.preventDefault();
    this.at = (this.at + (e.shiftKey ? this.matches.length - 1 : 1)) % this.matches.length;
    const { node } = this.matches[this.at];
    this.found.textContent = `${this.at + 1} of ${this.matches.length}`;
    this.choose(node);
    this.centre(node);
  }

  // Colour shows how each state fared, and which ways were taken: marks are {status, count, failed} by name, taken is a set of way().
  colour(marks, taken) {
    for (const [name, { group, node }] of this.groups) {
      const mark = marks.get(name);
      group.setAttribute("class", "state " + (mark ? mark.status : "skipped"));
      group.querySelector(".badge").textContent = mark ? sign(mark.status) + (mark.count > 1 ? " " + mark.count : "") : "";
      group.querySelector("title").textContent = visible(nameOf(node, mark ? `${mark.status}, entered ${mark.count === 1 ? "once" : mark.count + " times"}` : "not entered"));
    }
    const names = new Map(this.drawing.nodes.map((n) => [n.id, n.name]));
    for (const [i, path] of [...this.canvas.querySelectorAll(".way")].entries()) {
      const edge = this.drawing.edges[i];
      const gone = taken.has(StateMap.way(names.get(edge.from), names.get(edge.to), edge.catch));
      path.classList.toggle("skipped", !gone);
      path.classList.toggle("taken", gone);
    }
  }

  select(name) {
    this.chosen = name;
    if (this.groups.has(name)) this.reveal(this.groups.get(name).node);
    for (const [other, { group }] of this.groups) group.classList.toggle("selected", other === name);
  }

  // Fit shows all of the map; a small one is not blown up.
  fit() {
    const w = Math.max(this.full.w, this.node.clientWidth / largest);
    const h = Math.max(this.full.h, this.node.clientHeight / largest);
    this.view = { x: this.full.x - (w - this.full.w) / 2, y: this.full.y - (h - this.full.h) / 2, w, h };
    this.apply();
  }

  apply() {
    const { x, y, w, h } = this.view;
    this.canvas.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
  }

  zoom(by, at) {
    const v = this.view;
    const w = Math.min(Math.max(v.w * by, 120), this.full.w * 3);
    const scale = w / v.w;
    const centre = at ?? { x: v.x + v.w / 2, y: v.y + v.h / 2 };
    this.view = { x: centre.x - (centre.x - v.x) * scale, y: centre.y - (centre.y - v.y) * scale, w, h: v.h * scale };
    this.apply();
  }

  // Place is where on the map a pointer is.
  place(e) {
    const p = new DOMPoint(e.clientX, e.clientY).matrixTransform(this.canvas.getScreenCTM().inverse());
    return { x: p.x, y: p.y };
  }

  listen() {
    const c = this.canvas;
    c.addEventListener("wheel", (e) => {
      e.preventDefault();
      this.zoom(Math.exp(e.deltaY / 500), this.place(e));
    }, { passive: false });
    c.addEventListener("pointerdown", (e) => {
      this.pointers.set(e.pointerId, e);
      this.dragged = false;
    });
    c.addEventListener("pointermove", (e) => this.move(e));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) c.addEventListener(end, (e) => this.pointers.delete(e.pointerId));
    c.addEventListener("keydown", (e) => this.key(e));
  }

  move(e) {
    const before = this.pointers.get(e.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((p) => p.pointerId !== e.pointerId);
    if (!others.length && !this.dragged && Math.hypot(e.clientX - before.clientX, e.clientY - before.clientY) < 4) return;
    this.dragged = true;
    if (others.length) {
      const other = others[0];
      const apart = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY) || 1;
      this.zoom(apart(before) / apart(e), this.place(other));
    } else {
      const from = this.place(before);
      const to = this.place(e);
      this.view.x -= to.x - from.x;
      this.view.y -= to.y - from.y;
      this.apply();
    }
    this.pointers.set(e.pointerId, e);
  }

  key(e) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (by) {
      e.preventDefault();
      this.view.x += by[0] * this.view.w * 0.1;
      this.view.y += by[1] * this.view.h * 0.1;
      this.apply();
    } else if (e.key === "+" || e.key === "-") this.zoom(e.key === "+" ? 0.8 : 1.25);
    else if (e.key === "0") this.fit();
    else if (e.key === "/") {
      e.preventDefault();
      this.search.focus();
    }
  }
}

// NameOf is what a state is called by a pointer resting on it and by who hears the page: its title is its accessible name.
const nameOf = (node, fared) => [node.name, node.kind, ...(fared ? [fared] : [])].join(", ") + (node.comment ? "\n" + node.comment : "");

function tips() {
  const tip = (id) => svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 10, markerHeight: 10, markerUnits: "userSpaceOnUse", orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8z" }));
  return svg("defs", {}, tip("tip"), tip("tip-catch"));
}

function drawEdge(edge) {
  const group = svg("g", { class: "way" + (edge.catch ? " catch" : "") },
    svg("path", { d: curve(edge.way), "marker-end": edge.catch ? "url(#tip-catch)" : "url(#tip)" }));
  if (edge.label) {
    group.append(svg("text", { class: "label", x: edge.at[0], y: edge.at[1] + 4, "text-anchor": "middle" }, cut(edge.label, 28), svg("title", {}, edge.label)));
  }
  return group;
}

function curve(way) {
  let d = `M${way[0][0]} ${way[0][1]}`;
  for (let i = 1; i < way.length; i++) {
    const [[px, py], [qx, qy]] = [way[i - 1], way[i]];
    const bend = (qy - py) / 2;
    d += px === qx || py === qy ? `L${qx} ${qy}` : `C${px} ${py + bend} ${qx} ${qy - bend} ${qx} ${qy}`;
  }
  return d;
}
