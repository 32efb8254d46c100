// The timeline of an execution: a bar for each stay in a state, over the time of the whole execution.

import { clock, duration, el, sign, VirtualList } from "./dom.js";

// EndOf is when a step ended: one that failed was never left, and ended with its last attempt.
function endOf(step, to) {
  if (step.left) return step.left;
  if (step.status === "RUNNING") return to;
  return Math.max(step.entered, ...(step.tries ?? []).map((t) => t.to ?? 0));
}

// Sums are where the time of an execution went.
function sums(steps, to) {
  const sum = { working: 0, waiting: 0, retries: 0, backoff: 0 };
  for (const step of steps) {
    if (step.type === "Wait") sum.waiting += endOf(step, to) - step.entered;
    (step.tries ?? []).forEach((t, i) => {
      const end = t.to || endOf(step, to);
      if (t.waits) sum.waiting += end - t.from;
      else sum.working += end - (t.start ?? t.from);
      if (i > 0) {
        sum.retries++;
        sum.backoff += Math.max(0, t.from - (step.tries[i - 1].to ?? t.from));
      }
    });
  }
  return sum;
}

const keys = [["try", "task at work (Lambda: in the function)"], ["queued", "scheduled, not begun"], ["waits", "waiting for an answer or a job"],
  ["Wait", "Wait state"], ["backoff", "before a retry"], ["try failed", "failed attempt"]];

export class Timeline {
  constructor(choose) {
    this.steps = [];
    this.list = new VirtualList({ label: "timeline", height: 30, draw: (i) => this.draw(this.steps[i]), choose: (i) => choose(this.steps[i]) });
    this.list.node.classList.add("timeline");
    this.sums = el("p", { class: "soft sums" });
    const legend = el("ul", { class: "legend soft" }, keys.map(([kind, word]) => el("li", {}, el("span", { class: "key" }, el("span", { class: "bar-part " + kind })), word)));
    this.node = el("div", { class: "timed" }, this.sums, this.list.node, legend);
  }

  set(steps, from, to) {
    Object.assign(this, { steps, from, span: Math.max(to - from, 1), to });
    const { working, waiting, retries, backoff } = sums(steps, to);
    this.sums.textContent = `${duration(to - from)} in all: tasks at work ${duration(working)}, waiting ${duration(waiting)}` +
      (retries ? `, ${retries} ${retries === 1 ? "retry" : "retries"} after ${duration(backoff)} of backing off` : "");
    this.list.set(steps.length);
  }

  bar(start, end, kind, word) {
    const bar = el("span", { class: "bar-part " + kind, title: `${word}: ${clock(start)}, ${duration(end - start)}` });
    bar.style.left = ((start - this.from) / this.span) * 100 + "%";
    bar.style.width = Math.max(((end - start) / this.span) * 100, 0.2) + "%";
    return bar;
  }

  attempt(step, i, end) {
    const t = step.tries[i];
    const to = t.to || end;
    const begun = t.start || t.from;
    const word = "attempt " + (i + 1) + (t.failed ? ", failed" : "");
    const before = i > 0 ? step.tries[i - 1].to : 0;
    return [before && t.from > before ? this.bar(before, t.from, "backoff", "before a retry") : null,
      begun > t.from ? this.bar(t.from, begun, "queued", word + ", not begun") : null,
      this.bar(begun, to, "try" + (t.failed ? " failed" : "") + (t.waits ? " waits" : ""), word)];
  }

  draw(step) {
    const end = endOf(step, this.to);
    const name = el("bdi", { class: "name" }, step.depth && step.index !== undefined ? `${step.name} [${step.index}]` : step.name);
    name.style.paddingLeft = Math.min(step.depth, 8) * 12 + "px";
    const tries = (step.tries ?? []).map((_, i) => this.attempt(step, i, end));
    return [el("span", { class: "mark " + step.status, "aria-label": step.status }, sign(step.status)), name,
      el("span", { class: "track" }, this.bar(step.entered, end, step.type + " " + step.status, step.name), tries.flat()),
      el("span", { class: "soft took" }, duration(end - step.entered))];
  }
}
