// The view of a state machine: its map and its executions, the latest first; or the executions of a map run.

import { read, settings } from "./api.js";
import { button, el } from "./dom.js";
import { Executions } from "./executions.js";
import { LoggedExecutions, logNote } from "./express.js";
import { start } from "./forms.js";
import { StateMap } from "./map.js";

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
  if (drawing.log) view.append(logNote(drawing.log));
  if (drawing.log?.level === "OFF") {
    view.append(map.node, about);
    return { node: view };
  }
  const executions = drawing.log ? new LoggedExecutions({ machine: arn }) : new Executions({ machine: arn });
  await executions.load();
  view.append(el("div", { class: "columns" }, executions.node, el("div", { class: "mapped" }, map.node, about)));
  const close = drawing.log && executions.follow();
  return { node: view, change: (row) => row.machine === arn && executions.change(row), reload: () => executions.load(), poll: () => executions.poll(), close };
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
