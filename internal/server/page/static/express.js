// Express executions: Step Functions keeps no record of them, so that all there is of them is what their machine logs.

import { read, settings } from "./api.js";
import { button, day, el } from "./dom.js";
import { Executions } from "./executions.js";

const most = 20_000; // executions in the list
const late = 10_000; // milliseconds that a log line may take to come
const lookEvery = 1000;

// LogNote says what the log of a machine leaves out.
export function logNote({ level, data, group }) {
  const from = el("bdi", { class: "code" }, group);
  if (level === "OFF") return el("p", { class: "note" }, "Step Functions keeps no record of Express executions, and this machine logs nothing: set logging level ALL, and deploy, to see them here.");
  if (level !== "ALL") return el("p", { class: "note" }, `Step Functions keeps no record of Express executions, and this machine logs at level ${level}: only what failed is here. Set logging level ALL to see the rest. Read from `, from);
  return el("p", { class: "note" }, "Read from ", from, data ? "" : ", which has no inputs and outputs: includeExecutionData is off");
}

// LoggedExecutions is the list of an Express machine's executions: the latest, and older ones on demand.
export class LoggedExecutions extends Executions {
  constructor(of) {
    super(of);
    this.older = button("Older", () => this.more(), { class: "older" });
    this.said = el("p", { class: "soft", role: "status" });
    this.node.append(el("div", { class: "bar" }, this.older, this.said));
  }

  address(row) {
    return `${super.address(row)}?at=${row.start || row.stop}`;
  }

  // Ending is the status that the server is asked for: how an execution ended. One that runs is chosen here.
  ending() {
    return this.status.value === "RUNNING" ? "" : this.status.value;
  }

  async choose() {
    this.filter();
    if (this.ending() !== this.asked) await this.trying(() => this.load());
  }

  async load() {
    this.asked = this.ending();
    const { rows, before } = await read("logged", { ...this.of, status: this.asked });
    this.take(rows);
    this.reached(before);
  }

  async more() {
    this.older.disabled = true;
    await this.trying(async () => {
      const asked = this.asked;
      const { rows, before } = await read("logged", { ...this.of, status: asked, before: this.before });
      if (asked !== this.asked) return;
      this.take([...this.rows, ...rows.filter((row) => !this.byARN.has(row.arn))]);
      this.reached(before);
    });
    this.older.disabled = false;
  }

  reached(before) {
    this.before = before;
    this.older.hidden = !before || this.rows.length >= most;
    if (this.rows.length >= most) this.said.textContent = "No more are listed; choose a status.";
    else this.said.textContent = before ? `all since ${day(before)}` : "no older ones";
  }

  async trying(what) {
    try {
      await what();
    } catch (error) {
      this.said.textContent = error.message;
    }
  }

  // Poll reads what began or ended since the last look, as late as lines may come. Where more happened than is read at once, the list begins anew.
  async poll() {
    const latest = this.rows[0];
    if (!latest) return this.load();
    const running = this.rows.filter((row) => row.status === "RUNNING").map((row) => row.start);
    const asked = this.asked;
    const { rows, behind } = await read("logged", { ...this.of, status: asked, since: Math.min((latest.start || latest.stop) - late, ...running) });
    if (asked !== this.asked) return;
    if (behind || this.rows.length >= most + rows.length) return this.load();
    for (const row of rows.reverse()) this.change(row);
  }

  // Follow polls where nobody else does, until what it returns is called.
  follow() {
    if (settings.poll) return undefined;
    const timer = setInterval(() => document.hidden || this.trying(() => this.poll()), lookEvery);
    return () => clearInterval(timer);
  }
}
