// The view of an execution: its map coloured by what happened, its states with their data, the timeline, the events.

import { read, settings, write } from "./api.js";
import { button, day, duration, el, payload, pill, pretty } from "./dom.js";
import { Events } from "./events.js";
import { logNote } from "./express.js";
import { problem, redrive, start, stop } from "./forms.js";
import { StateMap } from "./map.js";
import { StepPanel } from "./step.js";
import { Timeline } from "./timeline.js";

const lookEvery = settings.poll || 700; // milliseconds between looks at a running execution

// Marks are how each state fared, by name.
function marks(steps) {
  const found = new Map();
  for (const step of steps) {
    const mark = found.get(step.name) ?? { count: 0, failed: 0 };
    found.set(step.name, { status: step.status, count: mark.count + 1, failed: mark.failed + (step.error ? 1 : 0) });
  }
  return found;
}

// Taken are the ways that were gone, as StateMap wants them: from one state of a thread to its next. The start and the end of the
// machine have no name.
function taken(steps, status) {
  const ways = new Set();
  const last = new Map(); // step of each thread
  for (const step of steps) {
    const thread = `${step.parent ?? 0}/${step.index}`;
    const before = last.get(thread);
    ways.add(StateMap.way(before?.name ?? "", step.name, before?.status === "CAUGHT"));
    last.set(thread, step);
  }
  if (status === "SUCCEEDED") ways.add(StateMap.way(last.get("0/0")?.name ?? "", ""));
  return ways;
}

// Tabs shows one of several panels.
function tabs(panels) {
  const names = Object.keys(panels);
  const shown = el("div", { class: "panel", role: "tabpanel", id: "tab-panel" });
  const show = (name) => {
    shown.replaceChildren(panels[name]);
    shown.setAttribute("aria-label", name);
    for (const b of bar.children) {
      b.setAttribute("aria-selected", String(b.dataset.name === name));
      b.tabIndex = b.dataset.name === name ? 0 : -1;
    }
  };
  const bar = el("div", { class: "tabs", role: "tablist", "aria-label": "views of the execution" },
    names.map((name) => button(name, () => show(name), { role: "tab", "data-name": name, "aria-controls": "tab-panel" })));
  bar.addEventListener("keydown", (e) => {
    const next = { ArrowRight: e.target.nextSibling, ArrowLeft: e.target.previousSibling, Home: bar.firstChild, End: bar.lastChild }[e.key];
    next?.focus();
    next?.click();
  });
  show(names[0]);
  return el("section", { class: "tabbed" }, bar, shown);
}

class Execution {
  constructor(of, drawing) {
    Object.assign(this, { of, arn: of.execution, drawing, express: drawing.type === "EXPRESS", steps: [], known: 0, data: {} });
    this.checkout = read("checkout", of);
    this.map = new StateMap(drawing, (node) => this.chooseState(node));
    this.head = el("div", { class: "head" });
    this.trouble = el("div", { class: "trouble" });
    this.panel = new StepPanel(this);
    this.whole = el("div", { class: "whole" });
    this.timeline = new Timeline((step) => this.chooseStep(step));
    this.events = new Events(of, (event) => this.chooseStep(this.steps.find((s) => s.event === event)));
    const definition = el("div", {}, payload("Definition", JSON.stringify(drawing.definition)));
    this.node = el("div", { class: "view execution" }, this.head, this.trouble, drawing.log ? logNote(drawing.log) : "", el("div", { class: "columns" }, this.map.node, this.panel.node),
      tabs({ Timeline: this.timeline.node, Events: this.events.node, "Input and output": this.whole, Definition: definition }));
  }

  // Look reads what happened since the last look, and comes again while the execution runs.
  async look() {
    clearTimeout(this.timer);
    const view = await read("execution", { ...this.of, known: this.known });
    if (this.closed) return;
    const fresh = view.steps !== null;
    if (fresh) {
      Object.assign(this, { steps: view.steps, known: view.events, data: view.execution });
      this.map.colour(marks(this.steps), taken(this.steps, this.data.status));
      this.events.set(view.events);
      this.showWhole();
    }
    this.data = { ...this.data, ...view.execution };
    this.showHead(view.now);
    const running = this.data.status === "RUNNING";
    if (fresh || running) this.timeline.set(this.steps, this.data.startDate * 1000, running ? view.now : (this.data.stopDate ?? view.now / 1000) * 1000);
    if (fresh) this.follow();
    if (running || !view.ended) this.timer = setTimeout(() => this.look().catch((e) => this.trouble.replaceChildren(problem(e))), lookEvery);
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
    const { name, status, stopDate, redriveStatus, redriveCount, stateMachineArn, stateMachineAliasArn, input } = this.data;
    const machine = { arn: this.drawing.arn, name: this.drawing.name, type: this.drawing.type, aliases: stateMachineAliasArn ? [stateMachineAliasArn] : [] };
    const again = () => this.look();
    const key = [status, redriveStatus, redriveCount, stopDate].join();
    if (key === this.headShown) return this.ticking(now);
    this.headShown = key;
    this.took = el("span", { class: "soft" });
    const acts = settings.write ? [status === "RUNNING" && !this.express ? button("Stop…", () => stop(this.arn, again)) : "",
      redriveStatus === "REDRIVABLE" ? button("Redrive", () => (settings.place ? redrive(this.arn, again) : this.redrive())) : "",
      button("Start again…", () => start(machine, pretty(input ?? "{}"), this.checkout))] : [];
    const machineARN = stateMachineArn.split("/")[0];
    this.head.replaceChildren(el("div", { class: "title" }, el("a", { href: "#/m/" + encodeURIComponent(machineARN) }, this.drawing.name), el("h1", {}, el("bdi", {}, name))),
      pill(status), this.took, el("span", { class: "grow" }), ...acts);
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
    this.panel.skipped(node);
  }

  chooseStep(step) {
    if (!step) return;
    this.chosen = step;
    this.showStep(step);
  }

  async showStep(step) {
    this.map.select(step.name);
    try {
      await this.panel.show(step);
    } catch (e) {
      this.trouble.replaceChildren(problem(e));
    }
  }
}

// ExecutionView shows an execution.
export async function executionView(arn, at) {
  const execution = new Execution({ execution: arn, ...(at && { at }) }, await read("graph", { execution: arn }));
  await execution.look();
  return {
    node: execution.node, change: (row) => row.arn === arn && execution.look(), reload: () => execution.look(),
    close: () => { execution.closed = true; clearTimeout(execution.timer); },
  };
}
