// The dialogs that change something: start, stop, run from a state, answer a callback.

import { rerun, settings, write } from "./api.js";
import { button, el, payload, pretty } from "./dom.js";
import { field as formField, sample } from "./form.js";

const field = (label, input) => el("label", {}, el("span", {}, label), input);

// Dialog shows parts and a button that does something; what do() returns is shown, unless it is nothing: then the dialog closes.
export function dialog(title, parts, action, act) {
  const result = el("div", { role: "status" });
  const go = el("button", { type: "submit", class: "primary" }, action);
  const box = el("dialog", { "aria-label": title, onclose: () => box.remove() },
    el("form", { method: "dialog" }, el("h2", {}, title), settings.place ? el("p", { class: "problem" }, "This happens in " + settings.place + ".") : null, parts, result,
      el("footer", {}, button("Close", () => box.close()), go)));
  box.querySelector("form").addEventListener("submit", async (e) => {
    e.preventDefault();
    go.disabled = true;
    try {
      const shown = await act();
      if (shown) result.replaceChildren(...shown);
      else box.close();
    } catch (error) {
      result.replaceChildren(problem(error));
    }
    go.disabled = false;
  });
  document.body.append(box);
  box.showModal();
}

export const problem = (error) => el("p", { class: "problem", role: "alert" }, error.message);

const area = (value, rows) => {
  const text = el("textarea", { rows, spellcheck: "false", class: "code" });
  text.value = value;
  return text;
};

// JSONText is text that must be JSON.
function jsonText(text, what) {
  try {
    JSON.parse(text);
  } catch (e) {
    throw new Error(`${what}: ${e.message}`);
  }
  return text;
}

// InputEditor edits JSON as text and, once a schema is known, in a form; the text is what counts when it is the text that is seen.
class InputEditor {
  constructor(text, label) {
    this.text = area(text, 12);
    this.untouched = true;
    this.text.addEventListener("input", () => { this.untouched = false; });
    this.body = el("div", {}, field(label, this.text));
    this.choice = el("div", { class: "bar choice", hidden: true },
      button("Form", () => this.showForm(), { class: "small", "aria-pressed": "false" }), button("JSON", () => this.showText(), { class: "small", "aria-pressed": "true" }));
    this.said = el("div", { role: "status" });
    this.node = el("div", { class: "editor" }, this.choice, this.body, this.said);
    this.textBody = this.body.firstChild;
  }

  // Offer takes a schema. An input that nobody has touched yet is shown in the form at once.
  offer(schema, fillIn) {
    if (!schema || !this.node.isConnected) return;
    this.schema = schema;
    this.choice.hidden = false;
    if (!this.untouched) return;
    if (fillIn) this.text.value = JSON.stringify(sample(schema), null, 2);
    this.showForm();
  }

  press(name) {
    for (const b of this.choice.children) b.setAttribute("aria-pressed", String(b.textContent === name));
    this.said.replaceChildren();
  }

  showForm() {
    try {
      const value = JSON.parse(this.text.value);
      if (/(?<![\w"])-?\d{16,}/.test(this.text.value)) throw new Error("a number has more digits than a form keeps; edit the JSON");
      this.form = formField(this.schema, value, "Input");
      this.body.replaceChildren(this.form.node);
      this.press("Form");
    } catch (e) {
      this.said.replaceChildren(problem(e));
    }
  }

  showText() {
    try {
      this.text.value = this.value();
      this.form = undefined;
      this.body.replaceChildren(this.textBody);
      this.press("JSON");
    } catch (e) {
      this.said.replaceChildren(problem(e));
    }
  }

  value() {
    return this.form ? JSON.stringify(this.form.value(), null, 2) : jsonText(this.text.value, "the input is no JSON");
  }
}

// Start asks for an input and starts an execution, by an alias of the machine where it has one. An Express one is waited for, and its result shown. Checkout is a promise of
// what the project says about the machine.
export function start(machine, input, checkout) {
  const editor = new InputEditor(input ?? "{}", "Input (JSON)");
  const name = el("input", { placeholder: "made up when empty", autocomplete: "off" });
  const aliases = machine.aliases ?? [];
  const entry = el("select", {}, aliases.map((arn) => el("option", { value: arn }, "alias " + arn.split(":").at(-1))), el("option", { value: machine.arn }, "the newest definition"));
  dialog("Start " + machine.name, [editor.node, field("Name", name), aliases.length ? field("What is started", entry) : null], "Start", async () => {
    const body = { stateMachineArn: entry.value, input: editor.value(), ...(name.value && { name: name.value }) };
    if (machine.type === "EXPRESS") return expressResult(await write("StartSyncExecution", machine.arn, body));
    const started = await write("StartExecution", machine.arn, body);
    location.hash = "#/e/" + encodeURIComponent(started.executionArn);
  });
  checkout?.then((c) => editor.offer(c.input, input === undefined), () => {});
}

const expressResult = (out) => [el("p", {}, out.status + " ", el("a", { href: `#/e/${encodeURIComponent(out.executionArn)}?at=${Math.round(out.startDate * 1000)}` }, "What it did")), ...[["Output", out.output], ["Error", out.error], ["Cause", out.cause]].map(([title, text]) => payload(title, text) ?? "")];

// RunFrom asks for the input and the variables with which the rest of an execution is done again.
export function runFrom(execution, state, input, variables) {
  const text = area(pretty(input ?? "{}"), 10);
  const known = area(`{${variables.map((v) => `\n  ${JSON.stringify(v.name)}: ${v.value}`).join(",")}${variables.length ? "\n" : ""}}`, Math.min(8, 2 + variables.length));
  dialog("Run again from " + state, [
    el("p", { class: "soft" }, "Starts a new execution that begins at this state, in a state machine beside this one whose name ends in -rerun. Nothing before the state is done again."),
    field("Input of the state (JSON)", text), variables.length ? field("Variables (JSON)", known) : null,
  ], "Run", async () => {
    const started = await rerun(execution, state, jsonText(text.value, "the input is no JSON"), jsonText(known.value, "the variables are no JSON"));
    location.hash = "#/e/" + encodeURIComponent(started.executionArn);
  });
}

// Redrive asks first: it is used where redriving is not undone by starting anew.
export const redrive = (arn, done) => dialog("Redrive this execution?", [], "Redrive", async () => {
  await write("RedriveExecution", arn, { executionArn: arn });
  done();
});

export function stop(arn, done) {
  const cause = el("input", { autocomplete: "off" });
  dialog("Stop this execution?", [field("Cause", cause)], "Stop", async () => {
    await write("StopExecution", arn, { executionArn: arn, ...(cause.value && { cause: cause.value }) });
    done();
  });
}

// Callback is the form that answers a task which waits for its token.
export function callback(arn, token, done) {
  const output = area("{}", 4);
  const given = el("input", { autocomplete: "off", class: "code" });
  given.value = token;
  const error = el("input", { value: "Rejected", autocomplete: "off" });
  const cause = el("input", { autocomplete: "off" });
  const said = el("div", { role: "status" });
  const send = async (operation, body, word) => {
    try {
      await write(operation, arn, { taskToken: given.value, ...body });
      said.replaceChildren(el("p", { class: "soft" }, word));
      done();
    } catch (e) {
      said.replaceChildren(problem(e));
    }
  };
  return el("section", { class: "callback" }, el("h3", {}, "This task waits for an answer"), field("Task token", given),
    field("Output (JSON)", output), el("div", { class: "bar" }, button("Succeed", () => send("SendTaskSuccess", { output: output.value }, "succeeded"), { class: "primary" }),
      button("Heartbeat", () => send("SendTaskHeartbeat", {}, "the heartbeat was taken"))),
    el("div", { class: "pair" }, field("Error", error), field("Cause", cause)),
    button("Fail", () => send("SendTaskFailure", { error: error.value, cause: cause.value }, "failed")), said);
}
