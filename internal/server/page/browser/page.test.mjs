// Every feature of the page, driven in Chromium against a real stride local.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account, api, arnOf, end, executionPath, finished, launch, machine, machinePath, serve, stride, visit as visitIn } from "./world.mjs";

let browser, base, call;
const order = (id, more) => ({ id, customer: "Ada", email: "ada@example.com", card: "tok_visa", total: 129_900, items: [{ sku: "desk", quantity: 1 }], ...more });

const visit = (t, path, options) => visitIn(browser, base, t, path, options);

const choose = (page, state) => page.locator(".map").getByRole("button", { name: new RegExp("^" + state + ",") }).press("Enter");
const detail = (page) => page.getByRole("complementary", { name: "the chosen state" });
const view = (page, t) => page.locator(".map").evaluate((svg) => svg.getAttribute("viewBox").split(" ").map(Number));
const status = (page, word) => page.locator(".execution .head .pill", { hasText: word }).waitFor();

// Filled answers the form of order-fulfilment.
async function fill(page, o) {
  for (const name of ["id", "customer", "email", "card", "total"]) await page.getByRole("textbox", { name: new RegExp(`^${name}\\b`) }).fill(String(o[name]));
  for (const [i, item] of o.items.entries()) {
    await page.getByRole("button", { name: "add to items" }).click();
    await page.getByRole("group", { name: `items ${i + 1}` }).getByLabel("sku").fill(item.sku);
    await page.getByRole("group", { name: `items ${i + 1}` }).getByLabel("quantity").fill(String(item.quantity));
  }
}

before(async () => {
  base = await serve(["local", "--port", "0"]);
  call = api(base);
  stride(base, "deploy", "--yes");
  browser = await launch();
});
after(() => end(browser));

test("the frame says where it is, lists workflows and follows them", async (t) => {
  const page = await visit(t);
  await page.getByText("LOCAL", { exact: true }).waitFor();
  await page.getByText(`eu-west-1 ${account}`).waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  const names = await page.getByRole("navigation", { name: "workflows" }).getByRole("link").allTextContents();
  assert.deepEqual(names, ["order-fulfilment", "report-pipeline", "sensor-ingestexpress", "stock-recount", "stock-take"]);
  await page.getByRole("link", { name: "report-pipeline" }).click();
  await page.getByRole("heading", { name: "report-pipeline", level: 1 }).waitFor();
  await machine(call, "appears-later", { StartAt: "A", States: { A: { Type: "Succeed" } } });
  await page.getByRole("link", { name: "appears-later" }).waitFor();
  await page.goto(base + "/#/e/" + encodeURIComponent(arnOf("execution", "no:such")));
  await page.getByRole("heading", { name: "This cannot be shown" }).waitFor();
});

test("start with the form, answer the callback, follow to the end", async (t) => {
  const page = await visit(t, machinePath("order-fulfilment"));
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "Form" }).waitFor();
  await fill(page, order("o-form"));
  await page.getByLabel("total").fill("many");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("alert").getByText('total: "many" is no integer').waitFor();
  await page.getByLabel("total").fill("129900");
  await page.getByLabel("give phone").check();
  await page.getByLabel("phone", { exact: true }).fill("+44 20 7946 0018");
  await page.getByRole("button", { name: "JSON" }).click();
  assert.deepEqual(JSON.parse(await page.getByLabel("Input (JSON)").inputValue()), order("o-form", { phone: "+44 20 7946 0018" }));
  await page.getByRole("button", { name: "Form" }).click();
  await page.getByLabel("Name", { exact: true }).fill("by-form");
  assert.deepEqual(await page.getByLabel("What is started").getByRole("option").allTextContents(), ["alias current", "the newest definition"]);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("heading", { name: "by-form" }).waitFor();
  const { stateMachineAliasArn } = await call("DescribeExecution", { executionArn: arnOf("execution", "order-fulfilment:by-form") });
  assert.equal(stateMachineAliasArn, arnOf("stateMachine", "order-fulfilment:current"));
  const panel = detail(page);
  await panel.getByText("This task waits for an answer").waitFor();
  await panel.getByText("workflows/fulfilment.go:").waitFor();
  await panel.getByText("flow.Await(").waitFor();
  await panel.getByRole("button", { name: "Heartbeat" }).click();
  await panel.getByText("the heartbeat was taken").waitFor();
  await panel.getByLabel("Output (JSON)").fill("no JSON");
  await panel.getByRole("button", { name: "Succeed" }).click();
  await panel.getByRole("alert").waitFor();
  await panel.getByLabel("Output (JSON)").fill('{"approved":true,"by":"grace"}');
  await panel.getByRole("button", { name: "Succeed" }).click();
  await page.locator(".map .state.SUCCEEDED", { hasText: "Charge" }).waitFor();
});

test("a callback can be refused", async (t) => {
  const page = await visit(t, machinePath("order-fulfilment"));
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "JSON" }).click();
  await page.getByLabel("Input (JSON)").fill("{");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("alert").getByText("the input is no JSON").waitFor();
  await page.getByLabel("Input (JSON)").fill(JSON.stringify(order("o-refused")));
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const panel = detail(page);
  await panel.getByLabel("Error").fill("NoBudget");
  await panel.getByLabel("Cause").fill("asked too late");
  await panel.getByRole("button", { name: "Fail" }).click();
  await status(page, "failed");
  await page.locator(".map .state.CAUGHT", { hasText: "Ask" }).waitFor();
});

test("stop, start again, redrive", async (t) => {
  const page = await visit(t, machinePath("order-fulfilment"));
  const started = await call("StartExecution", { stateMachineArn: arnOf("stateMachine", "order-fulfilment"), name: "to-stop", input: JSON.stringify(order("o-stop")) });
  await page.getByRole("option").getByText("to-stop").click();
  await page.getByRole("button", { name: "Stop…" }).click();
  await page.getByLabel("Cause").last().fill("tested");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await status(page, "aborted");
  assert.equal((await call("DescribeExecution", started)).cause, "tested");
  await page.getByRole("button", { name: "Redrive" }).click();
  await status(page, "running");
  await page.getByText("redrives: 1").waitFor();
  await page.getByRole("button", { name: "Start again…" }).click();
  await page.getByRole("button", { name: "JSON" }).click();
  assert.deepEqual(JSON.parse(await page.getByLabel("Input (JSON)").inputValue()), order("o-stop"));
  await page.getByLabel("Name", { exact: true }).fill("started-again");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("heading", { name: "started-again" }).waitFor();
});

test("an Express machine is started and its result shown", async (t) => {
  const page = await visit(t, machinePath("sensor-ingest"));
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "JSON" }).click();
  await page.getByLabel("Input (JSON)").fill('{"device":"dev-7","kind":"pressure","readings":[{"value":90}]}');
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("dialog").getByText("SUCCEEDED").waitFor();
});

test("executions are listed live, filtered and opened by keyboard", async (t) => {
  const arn = await machine(call, "listed", { StartAt: "A", States: { A: { Type: "Choice", Choices: [{ Variable: "$.fail", IsPresent: true, Next: "F" }], Default: "S" }, F: { Type: "Fail", Error: "Asked" }, S: { Type: "Succeed" } } });
  const page = await visit(t, machinePath("listed"));
  const list = page.getByRole("listbox", { name: "executions" });
  await list.waitFor();
  for (const name of ["alpha", "beta", "gamma"]) await finished(call, arn, name === "beta" ? { fail: 1 } : {}, name);
  await list.getByRole("option").nth(2).waitFor();
  await page.getByLabel("status").selectOption("FAILED");
  await page.getByText("1 of 3").waitFor();
  await page.getByLabel("status").selectOption("");
  await page.getByLabel("name contains", { exact: true }).fill("MM");
  await page.getByText("1 of 3").waitFor();
  await list.press("ArrowDown");
  await list.press("Enter");
  await page.getByRole("heading", { name: "gamma" }).waitFor();
  await page.goBack();
  await list.waitFor();
});

test("the map is zoomed, moved, searched and walked by keyboard", async (t) => {
  const page = await visit(t, machinePath("order-fulfilment"));
  const map = page.locator(".map");
  const at = async (what) => {
    const was = await view(page);
    await what();
    const is = await view(page);
    return { wider: is[2] - was[2], right: is[0] - was[0], down: is[1] - was[1] };
  };
  await map.waitFor();
  await page.waitForFunction(() => document.querySelector(".map").getAttribute("viewBox"));
  assert.ok((await at(() => page.getByRole("button", { name: "zoom in" }).click())).wider < 0);
  assert.ok((await at(() => page.getByRole("button", { name: "zoom out" }).click())).wider > 0);
  const box = await map.boundingBox();
  await page.mouse.move(box.x + 200, box.y + 200);
  assert.ok((await at(() => page.mouse.wheel(0, -200).then(() => page.waitForTimeout(100)))).wider < 0);
  const moved = await at(async () => {
    await page.mouse.down();
    await page.mouse.move(box.x + 150, box.y + 120, { steps: 4 });
    await page.mouse.up();
  });
  assert.ok(moved.right > 0 && moved.down > 0, JSON.stringify(moved));
  const first = map.getByRole("button").first();
  assert.ok((await at(() => first.press("ArrowRight"))).right > 0);
  assert.ok((await at(() => first.press("ArrowUp"))).down < 0);
  assert.ok((await at(() => first.press("+"))).wider < 0);
  assert.ok((await at(() => first.press("-"))).wider > 0);
  await first.press("0");
  await first.press("/");
  await page.keyboard.type("rel");
  await page.getByText("1 found").waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".state.selected.found", { hasText: "Release" }).waitFor();
  await page.locator(".source").getByText("workflows/fulfilment.go:").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".state.found").count(), 0);
});

// Told is a machine whose every feature of data shows: variables, retries, a wait, a Map, a Parallel, a loop.
const told = {
  QueryLanguage: "JSONata", StartAt: "Count", States: {
    Count: { Type: "Pass", Assign: { n: "{% $exists($n) ? $n + 1 : 1 %}", who: "{% $states.input.who %}" }, Output: { step: "{% 'count' %}", who: "{% $states.input.who %}" }, Next: "Enough" },
    Enough: { Type: "Choice", Choices: [{ Condition: "{% $n < 2 %}", Next: "Count" }], Default: "Nap" },
    Nap: { Type: "Wait", Seconds: 1, Next: "Each" },
    Each: { Type: "Map", Items: [1, 2, 3], ItemProcessor: { StartAt: "Inner", States: { Inner: { Type: "Pass", Output: "{% $states.input * 2 %}", End: true } } }, Next: "Call" },
    Call: {
      Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Arguments: { FunctionName: "nobody" },
      Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 1 }], Catch: [{ ErrorEquals: ["States.ALL"], Next: "Done" }], Next: "Never",
    },
    Never: { Type: "Pass", Next: "Done" },
    Done: { Type: "Pass", Output: { who: "{% $who %}" }, End: true },
  },
};

test("an execution is told: data, variables, differences, attempts, path", async (t) => {
  const arn = await machine(call, "told", told);
  const page = await visit(t, executionPath(await finished(call, arn, { who: "Ada" })));
  await status(page, "succeeded");
  const panel = detail(page);
  await choose(page, "Count");
  await panel.getByText("2 of 2").waitFor();
  await panel.getByText("$n", { exact: true }).waitFor();
  await panel.getByText("changed here").first().waitFor();
  await panel.getByText("Differences").click();
  await panel.locator(".changes").getByText("no difference").waitFor();
  await panel.getByLabel("what to compare").selectOption("input of the stay before → input");
  await panel.locator(".differences .added").getByText("+ $.step").waitFor();
  await panel.getByRole("button", { name: "the stay before" }).click();
  await panel.getByText("1 of 2").waitFor();
  await panel.getByText("Differences").click();
  await panel.locator(".differences").getByText("+ $.step").waitFor();
  await panel.getByText("set here").first().waitFor();
  await choose(page, "Inner");
  await panel.getByText("of 3").waitFor();
  await choose(page, "Call");
  await panel.getByText("Attempt 2: lambda:invoke").waitFor();
  await choose(page, "Never");
  await panel.getByText("not entered").waitFor();
  assert.equal(await page.locator(".map .state.SUCCEEDED .badge", { hasText: "3" }).count(), 1, "the count on the Map's state");
  assert.ok(await page.locator(".way.catch.taken").count() === 1 && await page.locator(".way.skipped").count() > 0, "the path taken");
  await page.getByRole("listbox", { name: "timeline" }).getByText("Nap").click();
  await panel.getByRole("heading", { name: "Nap" }).waitFor();
  await page.getByText(/1 retry after 1(\.\d+)? s of backing off/).waitFor();
  assert.equal(await page.locator(".timeline .backoff").count(), 1);
  assert.equal(await page.locator(".timeline .try.failed").count(), 2);
});

test("events are a table, each seen whole; tabs are walked by arrows", async (t) => {
  const page = await visit(t, executionPath(await finished(call, arnOf("stateMachine", "told"), { who: "Grace" })));
  await page.getByRole("tab", { name: "Timeline" }).press("ArrowRight");
  const events = page.getByRole("listbox", { name: "events" });
  await events.getByText("ExecutionStarted").waitFor();
  await events.getByText("ExecutionStarted").click();
  await page.locator(".event-detail").getByText('"executionStartedEventDetails"').waitFor();
  await page.getByRole("tab", { name: "Events" }).press("End");
  await page.getByRole("tabpanel").getByText('"StartAt"').waitFor();
  await page.getByRole("tab", { name: "Definition" }).press("ArrowLeft");
  await page.getByRole("tabpanel").getByRole("heading", { name: "Output" }).waitFor();
});

test("the rest of an execution is run again, with another input and other variables", async (t) => {
  const page = await visit(t, executionPath(await finished(call, arnOf("stateMachine", "told"), { who: "Ada" })));
  for (const [round, who] of ["Grace {% not an expression %}", "{% $now() %}"].entries()) {
    await choose(page, "Each");
    await detail(page).getByRole("button", { name: "Run again from here…" }).click();
    assert.deepEqual(Object.keys(JSON.parse(await page.getByLabel("Variables (JSON)").inputValue())), ["n", "who"]);
    await page.getByLabel("Variables (JSON)").fill(JSON.stringify({ n: 7, who }));
    await page.getByLabel("Input of the state (JSON)").fill("[1");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("alert").getByText("the input is no JSON").waitFor();
    await page.getByLabel("Input of the state (JSON)").fill('{"step":"edited","list":[1]}');
    const was = page.url();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL((url) => url.href !== was);
    const executionArn = decodeURIComponent(page.url().split("#/e/")[1]);
    assert.ok(executionArn.includes(":told-rerun:"));
    await page.getByRole("heading", { name: executionArn.split(":").at(-1) }).waitFor();
    await status(page, "succeeded");
    const { output, input } = await call("DescribeExecution", { executionArn });
    assert.deepEqual([JSON.parse(output), JSON.parse(input)], [{ who }, { who: "Ada" }], `round ${round}`);
    assert.equal(await page.locator(".map .skipped.state").count(), 4, "what is before the state is not done again");
    await choose(page, "Each");
    await detail(page).getByText('"edited"').first().waitFor();
  }
});

test("the executions of a map run", async (t) => {
  const arn = await machine(call, "fans", {
    StartAt: "Fan", States: { Fan: { Type: "Map", End: true, ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "One", States: { One: { Type: "Pass", End: true } } } } },
  });
  const page = await visit(t, executionPath(await finished(call, arn, [1, 2, 3])));
  await choose(page, "Fan");
  await page.getByRole("link", { name: "Executions of this map run" }).click();
  await page.getByRole("heading", { name: "Map run" }).waitFor();
  const children = page.getByRole("listbox", { name: "executions" }).getByRole("option");
  await children.nth(2).waitFor();
  await children.first().click();
  await status(page, "succeeded");
});

test("what runs is followed until it ends", async (t) => {
  const arn = await machine(call, "naps", { StartAt: "Nap", States: { Nap: { Type: "Wait", Seconds: 2, Next: "Done" }, Done: { Type: "Succeed" } } });
  const { executionArn } = await call("StartExecution", { stateMachineArn: arn });
  const page = await visit(t, executionPath(executionArn));
  await page.locator(".map .state.RUNNING", { hasText: "Nap" }).waitFor();
  await page.locator(".map .state.SUCCEEDED", { hasText: "Done" }).waitFor();
  await status(page, "succeeded");
});

test("the page of any environment reads, and writes when it may", async (t) => {
  const [reading, writing] = await Promise.all([[], ["--write"]].map((more) => serve(["ui", "--port", "0", ...more], { AWS_ENDPOINT_URL: base })));
  await machine(call, "elsewhere", told);
  const page = await visit(t, machinePath("elsewhere"), { at: reading });
  await page.getByText(`local: account ${account} in eu-west-1`).waitFor();
  await page.getByText("READ ONLY").waitFor();
  assert.equal(await page.getByRole("button", { name: "Start…" }).count(), 0);
  await finished(call, arnOf("stateMachine", "elsewhere"), { who: "Ada" }, "seen-by-looking");
  await page.getByRole("option").getByText("seen-by-looking").click();
  await status(page, "succeeded");
  await choose(page, "Count");
  await detail(page).getByText("changed here").first().waitFor();
  assert.equal(await page.getByRole("button", { name: /Run again|Redrive|Stop/ }).count(), 0);
  const refused = await page.evaluate(async () => (await fetch("/_stride/api/do/StartExecution?on=x", { method: "POST", body: "{}",
    headers: { "X-Stride-Token": document.querySelector('meta[name="stride-token"]').content } })).status);
  assert.equal(refused, 403);
  assert.equal((await fetch(new URL(reading).origin)).status, 403, "without the key");

  const other = await visit(t, machinePath("elsewhere"), { at: writing });
  await other.getByRole("button", { name: "Start…" }).click();
  await other.getByText("This happens in local: account").waitFor();
  await other.getByLabel("Input (JSON)").fill('{"who":"Ada"}');
  await other.getByRole("button", { name: "Start", exact: true }).click();
  await status(other, "running");
  await other.getByRole("button", { name: "Stop…" }).click();
  await other.getByRole("button", { name: "Stop", exact: true }).click();
  await status(other, "aborted");
  await choose(other, "Count");
  await detail(other).getByRole("button", { name: "Run again from here…" }).click();
  await other.getByRole("button", { name: "Run", exact: true }).click();
  await other.getByRole("link", { name: "elsewhere-rerun" }).first().waitFor();
  await status(other, "running");
});

test("other origins and other hosts are refused", async () => {
  const send = (headers, options) => fetch(base + "/_stride/api/machines", { headers, ...options }).then((r) => r.status);
  assert.equal(await send({}), 200);
  assert.equal(await send({ Origin: "http://evil.example" }), 403);
  assert.equal(await fetch(base + "/_stride/api/do/StartExecution?on=" + arnOf("stateMachine", "told"), { method: "POST", body: "{}" }).then((r) => r.status), 403);
});
