// The dialogs that change something: start, stop, answer a callback.

import { write } from "./api.js";
import { button, el, payload } from "./dom.js";

const field = (label, input) => el("label", {}, el("span", {}, label), input);

// Dialog shows parts and a button that does something; what do() returns is shown, unless it is nothing: then the dialog closes.
export function dialog(title, parts, action, act) {
  const result = el("div", { role: "status" });
  const go = el("button", { type: "submit", class: "primary" }, action);
  const box = el("dialog", { "aria-label": title, onclose: () => box.remove() },
    el("form", { method: "dialog" }, el("h2", {}, title), parts, result,
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

// Start asks for an input and starts an execution. An Express one is waited for, and its result shown.
export function start(machine, input) {
  const text = el("textarea", { rows: 12, spellcheck: "false", class: "code" });
  text.value = input ?? "{}";
  const name = el("input", { placeholder: "made up when empty", autocomplete: "off" });
  dialog("Start " + machine.name, [field("Input (JSON)", text), field("Name", name)], "Start", async () => {
    JSON.parse(text.value);
    const body = { stateMachineArn: machine.arn, input: text.value, ...(name.value && { name: name.value }) };
    if (machine.type === "EXPRESS") return expressResult(await write("StartSyncExecution", machine.arn, body));
    const started = await write("StartExecution", machine.arn, body);
    location.hash = "#/e/" + encodeURIComponent(started.executionArn);
  });
}

const expressResult = (out) => [el("p", {}, out.status), ...[["Output", out.output], ["Error", out.error], ["Cause", out.cause]].map(([title, text]) => payload(title, text) ?? "")];

export function stop(arn, done) {
  const cause = el("input", { autocomplete: "off" });
  dialog("Stop this execution?", [field("Cause", cause)], "Stop", async () => {
    await write("StopExecution", arn, { executionArn: arn, ...(cause.value && { cause: cause.value }) });
    done();
  });
}

// Callback is the form that answers a task which waits for its token.
export function callback(arn, token, done) {
  const output = el("textarea", { rows: 4, spellcheck: "false", class: "code" });
  output.value = "{}";
  const error = el("input", { value: "Rejected", autocomplete: "off" });
  const cause = el("input", { autocomplete: "off" });
  const said = el("div", { role: "status" });
  const send = async (operation, body) => {
    try {
      await write(operation, arn, { taskToken: token, ...body });
      done();
    } catch (e) {
      said.replaceChildren(problem(e));
    }
  };
  return el("section", { class: "callback" }, el("h4", {}, "This task waits for an answer"),
    field("Output (JSON)", output), button("Succeed", () => send("SendTaskSuccess", { output: output.value }), { class: "primary" }),
    el("div", { class: "pair" }, field("Error", error), field("Cause", cause)),
    button("Fail", () => send("SendTaskFailure", { error: error.value, cause: cause.value })), said);
}
