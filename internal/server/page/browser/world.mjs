// What the browser tests share: a stride local, the samples deployed to it, a Chromium, and calls of the Step Functions API.

import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

const tools = createRequire(path.join(process.env.STRIDE_BROWSER, "tools.js")); // where make browser installs them
const { chromium } = tools("playwright-core");
export const axeSource = tools("axe-core").source;

const root = path.resolve(import.meta.dirname, "../../../..");
const binary = path.join(process.env.STRIDE_BROWSER, "stride");
export const account = "000000000000";
export const region = "eu-west-1";

const children = [];

// Serve starts a stride command that serves, and returns the first address that it prints: that of the page, with its key, for ui.
export async function serve(args, env) {
  const child = spawn(binary, args, { cwd: root, env: { ...process.env, AWS_REGION: region, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const address = line.match(/http:\/\/127\.0\.0\.1:\d+(\/_stride\/\?key=\w+)?/);
    if (address) return address[0];
  }
  throw new Error(`stride ${args.join(" ")} ended without an address`);
}

export const stride = (endpoint, ...args) =>
  execFileSync(binary, args, { cwd: root, env: { ...process.env, AWS_REGION: region, AWS_ENDPOINT_URL: endpoint }, stdio: ["ignore", "pipe", "pipe"] }).toString();

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

export async function end(browser) {
  await browser?.close();
  for (const child of children) {
    child.kill("SIGINT");
    if (child.exitCode === null) await once(child, "exit");
  }
}

// Caller calls operations of a service at an endpoint, as any client does.
const caller = (type, target, name) => (endpoint) => async (operation, body) => {
  const response = await fetch(endpoint, {
    method: "POST", body: JSON.stringify(body), headers: {
      "Content-Type": type, "X-Amz-Target": target + "." + operation,
      Authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${name}/aws4_request, SignedHeaders=host, Signature=0`,
    },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${operation}: ${text}`);
  return text ? JSON.parse(text) : {};
};
export const api = caller("application/x-amz-json-1.0", "AWSStepFunctions", "states");
export const logs = caller("application/x-amz-json-1.1", "Logs_20140328", "logs");

export const arnOf = (kind, name) => `arn:aws:states:${region}:${account}:${kind}:${name}`;
export const machinePath = (name) => "/#/m/" + encodeURIComponent(arnOf("stateMachine", name));
export const executionPath = (arn) => "/#/e/" + encodeURIComponent(arn);

// Machine makes a state machine of states in a row, each with what it is given; definition overrides that.
export const machine = async (call, name, definition, type = "STANDARD") =>
  (await call("CreateStateMachine", { name, type, roleArn: `arn:aws:iam::${account}:role/r`, definition: JSON.stringify(definition) })).stateMachineArn;

// Finished starts an execution and waits for its end.
export async function finished(call, stateMachineArn, input, name) {
  const { executionArn } = await call("StartExecution", { stateMachineArn, input: JSON.stringify(input), ...(name && { name }) });
  while ((await call("DescribeExecution", { executionArn })).status === "RUNNING") await new Promise((r) => setTimeout(r, 20));
  return executionArn;
}

// visit opens a page of its own. Whatever goes wrong in its scripts, or is asked of any other host, fails the test.
export async function visit(browser, base, t, path = "/", { at = base, ...context } = {}) {
  const opened = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...context });
  const page = await opened.newPage();
  const wrong = [];
  page.on("pageerror", (e) => wrong.push("script: " + e.message));
  page.on("console", (m) => m.type() === "error" && !/status of 4\d\d/.test(m.text()) && wrong.push("console: " + m.text()));
  page.on("request", (r) => r.url().startsWith(new URL(at).origin) || wrong.push("request to " + r.url()));
  t.after(async () => {
    await opened.close();
    assert.deepEqual(wrong, []);
  });
  if (at !== base) await page.goto(at); // its key
  await page.goto(new URL(at).origin + path);
  return page;
}
