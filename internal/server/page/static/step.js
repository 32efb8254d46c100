// The panel beside the map: one stay in a state, with its data.

import { read, settings } from "./api.js";
import { button, clock, duration, el, payload, pill } from "./dom.js";
import { differences } from "./diff.js";
import { callback, runFrom } from "./forms.js";

// At is the part of a definition that a JSON Pointer names.
const at = (definition, pointer) =>
  pointer.split("/").slice(1).reduce((part, key) => part?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], definition);

export class StepPanel {
  // Owner is the execution view: arn, of (what the server asks it by), drawing, steps, checkout (a promise), chooseStep(step), look().
  constructor(owner) {
    this.owner = owner;
    this.node = el("aside", { class: "detail", "aria-label": "the chosen state", tabindex: 0 });
  }

  // Skipped shows a state that was not entered.
  skipped(node) {
    this.showing = undefined;
    this.node.replaceChildren(el("h2", {}, el("bdi", {}, node.name)), el("p", { class: "soft" }, `${node.kind}, not entered`), this.place(node.name), this.definition(node.name));
  }

  // Show fills the panel. An answer that comes after another step was chosen is dropped.
  async show(step) {
    this.showing = step;
    const data = await read("step", { ...this.owner.of, id: step.event });
    if (this.showing !== step) return;
    const editing = this.node.querySelector(".callback :is(textarea,input):focus");
    const stays = this.owner.steps.filter((s) => s.name === step.name);
    const token = data.attempts.map((a) => a.token).find(Boolean);
    if (editing && token) return; // an answer is being typed
    this.node.replaceChildren(...[
      el("div", { class: "bar" }, el("h2", {}, el("bdi", {}, step.name)), pill(step.status)),
      this.stepper(stays, step),
      el("p", { class: "soft" }, `${step.type}, ${clock(step.entered)}` + (step.left ? `, ${duration(step.left - step.entered)}` : "")),
      this.place(step.name), el("p", { class: "bar" }, this.again(step)),
      data.error === null ? null : el("p", { class: "problem" }, el("strong", {}, data.error)), payload("Cause", data.cause),
      token && settings.write ? this.answer(token) : null,
      data.mapRun ? el("p", {}, el("a", { href: "#/r/" + encodeURIComponent(data.mapRun) }, "Executions of this map run")) : null,
      payload("Input", data.input), payload("Output", data.output), this.variables(data), this.changes(step, stays, data),
      ...this.attempts(step, data), this.definition(step.name),
    ].filter(Boolean));
  }

  // Answer is the form for a token's answer: one for as long as it is awaited, so that what is typed stays.
  answer(token) {
    if (this.asked !== token) Object.assign(this, { asked: token, form: callback(this.owner.arn, token, () => this.owner.look()) });
    return this.form;
  }

  // Place is the line of the source that the state comes from, once the checkout says so.
  place(name) {
    const shown = el("p", { class: "source" });
    const pointer = this.owner.drawing.nodes.find((n) => n.name === name)?.id;
    this.owner.checkout.then(({ places, changed, problem }) => {
      const place = places[pointer];
      if (place) shown.replaceChildren(el("bdi", { class: "code at" }, place.at), " ", el("bdi", { class: "code line" }, place.code));
      if (place && changed) shown.append(el("span", { class: "soft" }, " The source has changed since this was deployed."));
      if (problem) shown.append(el("span", { class: "soft" }, " The source does not compile now: ", problem.slice(0, 400)));
    }, () => {});
    return shown;
  }

  stepper(stays, step) {
    if (stays.length < 2) return null;
    const i = stays.indexOf(step);
    return el("div", { class: "stepper" }, button("‹", () => this.owner.chooseStep(stays[i - 1]), { "aria-label": "the stay before", disabled: i <= 0 }),
      `${i + 1} of ${stays.length}`, button("›", () => this.owner.chooseStep(stays[i + 1]), { "aria-label": "the next stay", disabled: i >= stays.length - 1 }));
  }

  // Again offers to run the rest of the execution anew. What is inside of a Map or Parallel begins with that.
  again(step) {
    if (!settings.write || this.owner.express) return null;
    let from = step;
    while (from.parent) from = this.owner.steps.find((s) => s.event === from.parent);
    if (!Object.hasOwn(this.owner.drawing.definition.States, from.name)) return null;
    return button(from === step ? "Run again from here…" : `Run again from ${from.name}…`, async () => {
      const data = await read("step", { ...this.owner.of, id: from.event });
      runFrom(this.owner.arn, from.name, data.input, data.known ?? []);
    });
  }

  // Variables are those that the state saw, and what it made of them.
  variables({ known, assigned }) {
    const values = new Map((known ?? []).map((v) => [v.name, { before: v.value }]));
    for (const v of assigned ?? []) values.set(v.name, { ...values.get(v.name), after: v.value });
    if (!values.size) return null;
    const rows = [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { before, after }]) => el("details", { class: "variable" },
      el("summary", {}, el("bdi", { class: "code" }, "$" + name), " ", el("bdi", { class: "soft code" }, (after ?? before).slice(0, 60)), after === undefined ? "" : el("span", { class: "pill" }, before === undefined || before === after ? "set here" : "changed here")),
      payload("Value", after ?? before), after !== undefined && before !== undefined ? differences(before, after) : null));
    return el("section", { class: "variables" }, el("h3", {}, "Variables"), rows);
  }

  // Changes compares the step's data with itself or with that of another step.
  changes(step, stays, data) {
    const thread = this.owner.steps.filter((s) => s.parent === step.parent && s.index === step.index);
    const before = thread[thread.indexOf(step) - 1];
    const stayBefore = stays[stays.indexOf(step) - 1];
    const fetched = (s) => read("step", { ...this.owner.of, id: s.event });
    const ways = {
      "input → output": async () => [data.input, data.output],
      ...(before && { [`output of ${before.name} → input`]: async () => [(await fetched(before)).output, data.input],
        [`input of ${before.name} → input`]: async () => [(await fetched(before)).input, data.input] }),
      ...(stayBefore && { "input of the stay before → input": async () => [(await fetched(stayBefore)).input, data.input],
        "output of the stay before → output": async () => [(await fetched(stayBefore)).output, data.output] }),
    };
    const shown = el("div", {});
    const show = async () => shown.replaceChildren(differences(...(await ways[choice.value]())));
    const choice = el("select", { "aria-label": "what to compare", onchange: show }, Object.keys(ways).map((name) => el("option", { value: name }, name)));
    return el("details", { class: "changes", ontoggle: (e) => e.target.open && show() }, el("summary", {}, "Differences"), choice, shown);
  }

  attempts(step, { attempts }) {
    return attempts.map((a, i) => {
      const t = step.tries?.[i];
      const took = t?.to ? `, ${duration(t.to - t.from)}` + (t.start && t.start > t.from ? ` (${duration(t.to - t.start)} at work)` : "") : "";
      return el("details", { open: attempts.length === 1 }, el("summary", {}, `Attempt ${i + 1}: ${a.resource}${took} `, a.error ?? ""),
        payload("Parameters", a.parameters), payload("Result", a.output), payload("Cause", a.cause));
    });
  }

  definition(name) {
    const node = this.owner.drawing.nodes.find((n) => n.name === name);
    if (!node) return "";
    return el("details", {}, el("summary", {}, "Definition of the state"), node.comment ? el("p", { class: "soft" }, node.comment) : "",
      payload("ASL", JSON.stringify(at(this.owner.drawing.definition, node.id))));
  }
}
