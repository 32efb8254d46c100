// The pictures of docs: the samples' maps, and the page over executions of them.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { api, arnOf, end, executionPath, finished, launch, machinePath, serve, stride } from "./world.mjs";

const folder = path.resolve(import.meta.dirname, "../../../../docs/pictures");
const base = await serve(["local", "--port", "0"]);
const call = api(base);
stride(base, "deploy", "--yes");
for (const workflow of ["order-fulfilment", "report-pipeline", "sensor-ingest"]) {
  writeFileSync(path.join(folder, workflow + ".svg"), stride(base, "graph", workflow, "--format", "svg"));
}

const fulfilment = arnOf("stateMachine", "order-fulfilment");
const order = (id, more) => ({ id, customer: "Ada", email: "ada@example.com", phone: "+44 20 7946 0018", card: "tok_visa", total: 12_900,
  items: [{ sku: "desk", quantity: 1 }, { sku: "lamp", quantity: 2 }, { sku: "chair", quantity: 4 }], ...more });
const succeeded = await finished(call, fulfilment, order("o-1001"), "o-1001");
const failed = await finished(call, fulfilment, order("o-1002", { items: [{ sku: "sold-out", quantity: 2 }] }), "o-1002");
const waiting = await call("StartExecution", { stateMachineArn: fulfilment, name: "o-1003", input: JSON.stringify(order("o-1003", { total: 129_900 })) });
writeFileSync(path.join(folder, "run.svg"), stride(base, "graph", failed, "--format", "svg"));

const browser = await launch();

async function shoot(name, address, context, prepare) {
  const opened = await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1200, height: 780 }, ...context });
  const page = await opened.newPage();
  await page.goto(base + address);
  await prepare(page);
  await page.waitForTimeout(300); // fonts and the first layout of the map
  await page.screenshot({ path: path.join(folder, name + ".png"), fullPage: Boolean(context.fullPage) });
  await opened.close();
}

await shoot("page", executionPath(succeeded), {}, async (page) => {
  await page.locator(".map").getByRole("button", { name: /^Parallel/ }).press("Enter");
  await page.locator(".detail h2", { hasText: "Parallel" }).waitFor();
  await page.locator(".source").getByText("fulfilment.go").waitFor();
});
await shoot("page-dark", executionPath(waiting.executionArn), { colorScheme: "dark" }, (page) => page.locator(".source").getByText("flow.Await").waitFor());
await shoot("page-form", machinePath("order-fulfilment"), { viewport: { width: 1200, height: 860 } }, async (page) => {
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "add to items" }).click();
});
await shoot("page-phone", executionPath(failed), { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }, (page) => page.locator(".source").getByText("fulfilment.go").waitFor());
await end(browser);
