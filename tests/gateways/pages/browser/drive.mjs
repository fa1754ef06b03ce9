// Uses the pages as a person does and prints what it saw, as one JSON object. node drive.mjs <folder of node_modules> <site> <channel>
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { pathToFileURL } from "node:url";

const [folder, site, channel] = process.argv.slice(2);
const require = createRequire(path.join(folder, "here.js"));
const { default: packed } = await import(pathToFileURL(require.resolve("@sparticuz/chromium")));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// Chromium needs a few libraries that a bare machine lacks; the package brings them packed.
const libraries = path.join(folder, "libraries");
if (!fs.existsSync(path.join(libraries, "lib"))) {
  fs.mkdirSync(libraries, { recursive: true });
  const archive = path.join(path.dirname(require.resolve("@sparticuz/chromium")), "../../bin/al2023.tar.br");
  const found = [archive, path.join(folder, "node_modules/@sparticuz/chromium/bin/al2023.tar.br")].find((file) => fs.existsSync(file));
  fs.writeFileSync(path.join(libraries, "all.tar"), zlib.brotliDecompressSync(fs.readFileSync(found)));
  execFileSync("tar", ["xf", "all.tar"], { cwd: libraries });
}
process.env.LD_LIBRARY_PATH = path.join(libraries, "lib");

// What was just unpacked may still be open for writing (ETXTBSY): the unpacker says it is done before its last stream is closed.
async function launched(tries) {
  try {
    return await chromium.launch({
      executablePath: await packed.executablePath(),
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
  } catch (error) {
    if (tries === 0 || !`${error.code} ${error.message}`.includes("ETXTBSY")) throw error;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return launched(tries - 1);
  }
}

const browser = await launched(40);
const saw = { problems: [], accessibility: {}, overflow: {} };

function watched(page) {
  page.setDefaultTimeout(90_000);
  page.on("console", (message) => { if (message.type() === "error") saw.problems.push(message.text()); });
  page.on("pageerror", (error) => saw.problems.push(error.message));
  page.on("dialog", (dialog) => { saw.problems.push("a dialog: " + dialog.message()); dialog.dismiss(); });
  return page;
}

const page = watched(await browser.newPage({ viewport: { width: 1200, height: 900 } }));
await page.goto(site + "/simulator");
const phone = page.locator(".phone").first();
const lines = phone.locator(".messages li");
await phone.waitFor();
saw.phones = await page.locator(".phone").count();
await page.getByText("Connected.").waitFor();

// A history that comes late, and one that knows what was written before.
const slow = page.locator(".phone").nth(1);
const earlier = { id: "1", uuid: "u-earlier", direction: "out", text: "earlier", created_on: "2026-11-24T08:00:00Z" };
const histories = [];
const asks = [];
await page.route("**/simulator/messages?*250788123124", (route) => {
  if (histories.length) return route.fulfill({ json: histories[0] });
  asks.push(route);
});
await slow.locator("input[name=number]").fill("+250788123124");
await slow.locator("input[name=number]").press("Tab");
await slow.locator(".write input").fill("written meanwhile");
await slow.locator(".write input").press("Enter");
await page.request.post(site + "/simulator/deliver/" + channel, { data: { id: 9, to: "+250788123124", text: "delivered meanwhile" } });
await slow.getByText("delivered meanwhile").waitFor();
histories.push([earlier]);
for (const ask of asks) await ask.fulfill({ json: histories[0] });
await slow.getByText("earlier").waitFor();
const said = (locator) => locator.locator(".messages li").evaluateAll((all) => all.map((line) => line.childNodes[1].textContent));
saw.with_a_late_history = await said(slow);
const stored = { id: "2", uuid: "u-1", direction: "in", text: "written meanwhile", created_on: new Date().toISOString() };
histories.unshift([earlier, stored, { ...earlier, id: "3", uuid: "u-later", text: "later" }]);

await phone.locator("input[name=number]").fill("+250 788 123 123");
await phone.locator("input[name=number]").press("Tab");
await phone.locator(".write input").fill("Muraho <b>");
await phone.locator(".write input").press("Enter");
await lines.first().waitFor();
await slow.getByText("later").waitFor();
saw.with_a_history_that_has_it = await said(slow);

const text = "<img src=x onerror=alert(1)> https://example.com/a?b=1&c=2";
await page.request.post(site + "/simulator/deliver/" + channel, {
  data: { id: 7, to: "+250788123123", text, quick_replies: ["Yes <i>", "No"] },
});
await phone.locator(".messages a").waitFor();
saw.quick_replies = await phone.locator(".replies button").allInnerTexts();
saw.link = await phone.locator(".messages a").getAttribute("href");
await phone.locator(".replies button").first().click();
await lines.nth(2).waitFor();
saw.lines = await lines.evaluateAll((all) => all.map((line) => [line.className, line.childNodes[1].textContent]));
saw.made_elements = await page.locator(".messages img, .messages b, .replies i").count();
await page.locator("#add-phone").click();
await page.reload();
await lines.first().waitFor();
saw.phones_after_reload = await page.locator(".phone").count();
saw.number_after_reload = await phone.locator("input[name=number]").inputValue();
saw.lines_after_reload = await lines.count();

await page.goto(site + "/log");
await page.locator("#records tbody tr").first().waitFor();
saw.record = await page.locator("#records tbody tr").first().locator("td").allInnerTexts();
saw.readers = await page.locator("#readers tbody tr").first().locator("td").allInnerTexts();
saw.parked = await page.locator("#parked li").allInnerTexts();

await page.goto(site + "/channels/log/" + channel);
await page.getByLabel("API token").fill("a-token");
await page.getByLabel("Only errors").check();
await page.getByRole("button", { name: "Show" }).click();
await page.locator("#exchanges tbody tr").first().waitFor();
await page.locator("#exchanges summary").first().click();
saw.exchange = await page.locator("#exchanges tbody tr").first().locator("td").allInnerTexts();
await page.getByRole("button", { name: "Older ones" }).click();
await page.getByText("2 shown").waitFor();
saw.exchanges_said = await page.locator("#said").innerText();
saw.exchange_elements = await page.locator("#exchanges img").count();

// What was asked first is answered last.
const unanswered = [];
const answering = (route, ...errors) => route.fulfill({
  json: { next: null, results: errors.map((error) => ({ error, notes: [], messages: [], request: "", response: "" })) },
});
await page.route("**/api/v2/channel_log.json?*", (route) => {
  if (route.request().url().includes("message=slow")) unanswered.push(route);
  else answering(route, "of the second question");
});
for (const message of ["slow", "quick"]) {
  await page.locator("#ask [name=message]").fill(message);
  await page.getByRole("button", { name: "Show" }).click();
}
await page.getByText("1 shown").waitFor();
for (const route of unanswered) await answering(route, "of the first question", "of the first question");
await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
saw.exchanges_of_two_questions = await page.locator("#exchanges tbody td.events").allInnerTexts();

for (const where of ["/", "/simulator", "/log", "/channels/log/"]) {
  // axe is not a script of the site: for it alone the policy is set aside
  const context = await browser.newContext({ bypassCSP: true, viewport: { width: 360, height: 700 } });
  const small = watched(await context.newPage());
  await small.goto(site + where);
  if (["/simulator", "/log"].includes(where)) await small.getByText("Connected.").waitFor();
  saw.overflow[where] = await small.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await small.addScriptTag({ content: axe });
  const found = await small.evaluate(() => globalThis.axe.run());
  saw.accessibility[where] = found.violations.map((each) => each.id + ": " + each.nodes[0].html.slice(0, 200));
  await context.close();
}
await browser.close();
console.log(JSON.stringify(saw));
