// The view of an execution: its map coloured by what happened, its states with their data, the timeline, the events.

import { read, write } from "./api.js";
import { button, clock, day, duration, el, payload, pill, pretty, sign, VirtualList } from "./dom.js";
import { callback, problem, start, stop } from "./forms.js";
import { StateMap } from "./map.js";

const lookEvery = 700; // milliseconds between looks at a running execution
const chunk = 500; // events in one answer, as the server cuts them

// Marks are how each state fared, by name.
function marks(steps) {
  const found = new Map();
  for (const step of steps) {
    const mark = found.get(step.name) ?? { count: 0, failed: 0 };
    found.set(step.name, { status: step.status, count: mark.count + 1, failed: mark.failed + (step.error ? 1 : 0) });
  }
  return found;
}

// Timeline is a bar for each stay in a state, over the time of the whole execution.
class Timeline {
  constructor(choose) {
    this.steps = [];
    this.list = new VirtualList({ label: "timeline", height: 30, draw: (i) => this.draw(this.steps[i]), choose: (i) => choose(this.steps[i]) });
    this.node = this.list.node;
    this.node.classList.add("timeline");
  }

  set(steps, from, to) {
    Object.assign(this, { steps, from, span: Math.max(to - from, 1), to });
    this.list.set(steps.length);
  }

  bar(start, end, kind) {
    const bar = el("span", { class: "bar-part " + kind });
    bar.style.left = ((start - this.from) / this.span) * 100 + "%";
    bar.style.width = Math.max(((end - start) / this.span) * 100, 0.2) + "%";
    return bar;
  }

  // EndOf is when a step ended: one that failed was never left, and ended with its last attempt.
  endOf(step) {
    if (step.left) return step.left;
    if (step.status === "RUNNING") return this.to;
    return Math.max(step.entered, ...(step.tries ?? []).map((t) => t.to ?? 0));
  }

  draw(step) {
    const end = this.endOf(step);
    const name = el("bdi", { class: "name" }, step.depth && step.index !== undefined ? `${step.name} [${step.index}]` : step.name);
    name.style.paddingLeft = step.depth * 12 + "px";
    const tries = (step.tries ?? []).map((t) => this.bar(t.from, t.to || end, "try" + (t.failed ? " failed" : "") + (t.waits ? " waits" : "")));
    return [el("span", { class: "mark " + step.status }, sign(step.status)), name,
      el("span", { class: "track" }, this.bar(step.entered, end, step.type + " " + step.status), tries), el("span", { class: "soft took" }, duration(end - step.entered))];
  }
}

// Events is the table of history events; its rows are fetched as they come into sight.
class Events {
  constructor(arn, choose) {
    Object.assign(this, { arn, choose, rows: [], asked: new Set() });
    this.list = new VirtualList({ label: "events", height: 30, draw: (i) => this.draw(this.rows[i]), choose: (i) => this.open(this.rows[i]) });
    this.list.shown = (from, to) => this.want(from, to);
    this.detail = el("div", { class: "event-detail" });
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
    const rows = await read("events", { execution: this.arn, from: c * chunk });
    rows.forEach((row, i) => { this.rows[c * chunk + i] = row; });
    this.list.redraw();
  }

  draw(row) {
    if (!row) return el("span", { class: "soft" }, "…");
    return [el("span", { class: "soft id" }, row.id), el("time", { class: "soft" }, clock(row.time)),
      el("span", { class: "name" + (row.bad ? " bad" : "") }, row.type), el("bdi", { class: "soft state-name" }, row.name)];
  }

  async open(row) {
    if (!row) return;
    const event = await read("event", { execution: this.arn, id: row.id });
    this.detail.replaceChildren(payload("Event " + row.id, JSON.stringify(event)));
    if (row.step) this.choose(row.step);
  }
}

// Tabs shows one of several panels.
function tabs(panels) {
  const names = Object.keys(panels);
  const shown = el("div", { class: "panel", role: "tabpanel" });
  const show = (name) => {
    shown.replaceChildren(panels[name]);
    for (const b of bar.children) b.setAttribute("aria-selected", String(b.dataset.name === name));
  };
  const bar = el("div", { class: "tabs", role: "tablist" }, names.map((name) => button(name, () => show(name), { role: "tab", "data-name": name })));
  bar.addEventListener("keydown", (e) => {
    const next = { ArrowRight: e.target.nextSibling, ArrowLeft: e.target.previousSibling }[e.key];
    next?.focus();
    next?.click();
  });
  show(names[0]);
  return el("section", { class: "tabbed" }, bar, shown);
}

// At is the part of a definition that a JSON Pointer names.
const at = (definition, pointer) =>
  pointer.split("/").slice(1).reduce((part, key) => part?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], definition);

class Execution {
  constructor(arn, drawing) {
    Object.assign(this, { arn, drawing, steps: [], known: 0, data: {} });
    this.map = new StateMap(drawing, (node) => this.chooseState(node));
    this.head = el("div", { class: "head" });
    this.trouble = el("div", { class: "trouble" });
    this.detail = el("aside", { class: "detail", "aria-label": "the chosen state" });
    this.whole = el("div", { class: "whole" });
    this.timeline = new Timeline((step) => this.chooseStep(step));
    this.events = new Events(arn, (event) => this.chooseStep(this.steps.find((s) => s.event === event)));
    const definition = el("div", {}, payload("Definition", JSON.stringify(drawing.definition)));
    this.node = el("div", { class: "view execution" }, this.head, this.trouble, el("div", { class: "columns" }, this.map.node, this.detail),
      tabs({ Timeline: this.timeline.node, Events: this.events.node, "Input and output": this.whole, Definition: definition }));
  }

  // Look reads what happened since the last look, and comes again while the execution runs.
  async look() {
    clearTimeout(this.timer);
    const view = await read("execution", { execution: this.arn, known: this.known });
    if (this.closed) return;
    const fresh = view.steps !== null;
    if (fresh) {
      Object.assign(this, { steps: view.steps, known: view.events, data: view.execution });
      this.map.colour(marks(this.steps));
      this.events.set(view.events);
      this.showWhole();
    }
    this.data = { ...this.data, ...view.execution };
    this.showHead(view.now);
    const running = this.data.status === "RUNNING";
    if (fresh || running) this.timeline.set(this.steps, this.data.startDate * 1000, running ? view.now : (this.data.stopDate ?? view.now / 1000) * 1000);
    if (fresh) this.follow();
    if (running) this.timer = setTimeout(() => this.look().catch((e) => this.trouble.replaceChildren(problem(e))), lookEvery);
  }

  // Follow shows what failed or waits, until somebody chooses a state; then that state, as it goes on.
  follow() {
    if (this.chosen) {
      const step = this.steps.find((s) => s.event === this.chosen.event);
      if (step && JSON.stringify(step) !== JSON.stringify(this.chosen)) this.chooseStep(step);
      return;
    }
    const step = this.steps.find((s) => s.tries?.some((t) => t.waits && !t.to)) ?? this.cause() ?? this.steps.at(-1);
    if (step) this.showStep(step);
  }

  // Cause is the task whose error ended the execution: Fail states after it only repeat that.
  cause() {
    if (this.data.status !== "FAILED") return undefined;
    return this.steps.findLast((s) => s.error && s.error === this.data.error && s.tries) ?? this.steps.findLast((s) => s.status === "FAILED");
  }

  showHead(now) {
    const { name, status, startDate, stopDate, redriveStatus, redriveCount, stateMachineArn, input } = this.data;
    const machine = { arn: this.drawing.arn, name: this.drawing.name, type: this.drawing.type };
    const again = () => this.look();
    const key = [status, redriveStatus, redriveCount, stopDate].join();
    if (key === this.headShown) return this.ticking(now);
    this.headShown = key;
    this.took = el("span", { class: "soft" });
    this.head.replaceChildren(el("div", { class: "title" }, el("a", { href: "#/m/" + encodeURIComponent(stateMachineArn.split("/")[0]) }, this.drawing.name), el("h1", {}, el("bdi", {}, name))),
      pill(status), this.took, el("span", { class: "grow" }),
      status === "RUNNING" ? button("Stop…", () => stop(this.arn, again)) : "",
      redriveStatus === "REDRIVABLE" ? button("Redrive", () => this.redrive()) : "",
      button("Start again…", () => start(machine, pretty(input ?? "{}"))));
    this.trouble.replaceChildren(this.data.error === undefined ? "" : el("p", { class: "problem" }, el("strong", {}, this.data.error), " ", (this.data.cause ?? "").slice(0, 2000)));
    this.ticking(now);
  }

  ticking(now) {
    const { startDate, stopDate, redriveCount } = this.data;
    this.took.textContent = `${day(startDate * 1000)}, ${duration(Math.round((stopDate ? stopDate * 1000 : now) - startDate * 1000))}` + (redriveCount ? `, redrives: ${redriveCount}` : "");
  }

  async redrive() {
    try {
      await write("RedriveExecution", this.arn, { executionArn: this.arn });
      await this.look();
    } catch (e) {
      this.trouble.replaceChildren(problem(e));
    }
  }

  showWhole() {
    this.whole.replaceChildren(...[payload("Input", this.data.input), payload("Output", this.data.output), payload("Cause", this.data.cause)].filter(Boolean));
  }

  chooseState(node) {
    const stays = this.steps.filter((s) => s.name === node.name);
    if (stays.length) return this.chooseStep(stays.findLast((s) => s.status === "FAILED") ?? stays.at(-1));
    this.chosen = undefined;
    this.map.select(node.name);
    this.detail.replaceChildren(el("h3", {}, el("bdi", {}, node.name)), el("p", { class: "soft" }, `${node.kind}, not entered`), this.definitionOf(node.name));
  }

  chooseStep(step) {
    if (!step) return;
    this.chosen = step;
    this.showStep(step);
  }

  definitionOf(name) {
    const node = this.drawing.nodes.find((n) => n.name === name);
    if (!node) return "";
    return el("details", {}, el("summary", {}, "Definition of the state"), node.comment ? el("p", { class: "soft" }, node.comment) : "",
      payload("ASL", JSON.stringify(at(this.drawing.definition, node.id))));
  }

  // ShowStep fills the panel beside the map. An answer that comes after another step was chosen is dropped.
  async showStep(step) {
    this.showing = step;
    this.map.select(step.name);
    const data = await read("step", { execution: this.arn, id: step.event });
    if (this.showing !== step) return;
    const stays = this.steps.filter((s) => s.name === step.name);
    const token = data.attempts.map((a) => a.token).find(Boolean);
    this.detail.replaceChildren(...[
      el("div", { class: "bar" }, el("h3", {}, el("bdi", {}, step.name)), pill(step.status)),
      this.stepper(stays, step),
      el("p", { class: "soft" }, `${step.type}, ${clock(step.entered)}` + (step.left ? `, ${duration(step.left - step.entered)}` : "")),
      data.error === null ? null : el("p", { class: "problem" }, el("strong", {}, data.error)), payload("Cause", data.cause),
      token ? callback(this.arn, token, () => this.look()) : null,
      data.mapRun ? el("p", {}, el("a", { href: "#/r/" + encodeURIComponent(data.mapRun) }, "Executions of this map run")) : null,
      payload("Input", data.input), payload("Output", data.output), ...this.attempts(data), this.definitionOf(step.name),
    ].filter(Boolean));
  }

  stepper(stays, step) {
    if (stays.length < 2) return null;
    const i = stays.indexOf(step);
    return el("div", { class: "stepper" }, button("‹", () => this.chooseStep(stays[i - 1]), { "aria-label": "the stay before", disabled: i <= 0 }),
      `${i + 1} of ${stays.length}`, button("›", () => this.chooseStep(stays[i + 1]), { "aria-label": "the next stay", disabled: i >= stays.length - 1 }));
  }

  attempts({ attempts }) {
    return attempts.map((a, i) => el("details", { open: attempts.length === 1 }, el("summary", {}, `Attempt ${i + 1}: ${a.resource} ` + (a.error ?? "")),
      payload("Parameters", a.parameters), payload("Result", a.output), payload("Cause", a.cause)));
  }
}

// ExecutionView shows an execution.
export async function executionView(arn) {
  const execution = new Execution(arn, await read("graph", { execution: arn }));
  await execution.look();
  return {
    node: execution.node, change: (row) => row.arn === arn && execution.look(), reload: () => execution.look(),
    close: () => { execution.closed = true; clearTimeout(execution.timer); },
  };
}
