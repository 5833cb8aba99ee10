import { afterAll, beforeAll, expect, test } from "vitest";
import "../page/what-node-lacks.ts";
import { renderHome } from "../../src/page/home.ts";
import { OPEN } from "../page/facts-for-test.ts";
import { createListener, type Listener } from "../support/serve.ts";
import { useBrowser } from "./browser.ts";

const visit = useBrowser();
const RESULTS = [
  { name: "nginx", description: "A web server.", star_count: 21234, is_official: true },
  { name: "someone/<b>nginx</b>", description: "<img src=x>", star_count: 0, is_official: false },
];

let listener: Listener;
const asked: string[] = [];

beforeAll(async () => {
  listener = await createListener(async (request) => {
    const { host, pathname, searchParams } = new URL(request.url);
    if (pathname === "/v1/search") return search(searchParams.get("q") ?? "");
    const facts = { ...OPEN, scheme: "http", host, search: "/v1/search" } as const;
    const { html, csp } = await renderHome(facts);
    const headers = { "content-type": "text/html", "content-security-policy": csp };
    return new Response(html, { headers });
  });
});

// Not there if there is no browser.
afterAll(() => listener?.stop());

function search(query: string): Response {
  asked.push(query);
  if (query === "busy") {
    const errors = [{ code: "TOOMANYREQUESTS", message: "too many searches; try again soon" }];
    return Response.json({ errors }, { status: 429 });
  }
  const results = query === "nothing" ? [] : RESULTS;
  return Response.json({ num_results: results.length, results });
}

test("what is found is listed, as text, and can be put into the box", async () => {
  const page = await visit(listener.origin);
  await page.getByLabel("Search Docker Hub").fill(" web & server ");
  await page.getByLabel("Search Docker Hub").press("Enter");
  await page.getByText("Found: 2").waitFor();
  expect(asked.at(-1)).toBe("web & server");
  expect(await page.locator("#search-list li").allInnerTexts()).toEqual([
    expect.stringMatching(/^nginx\s*★ 21,234 official\s*A web server\.$/),
    expect.stringMatching(/^someone\/<b>nginx<\/b>\s*★ 0\s*<img src=x>$/),
  ]);
  await page.getByRole("button", { name: "nginx", exact: true }).click();
  expect(await page.locator("#image-text").inputValue()).toBe("nginx");
  expect(await page.locator("#image-commands pre").first().innerText()).toBe(
    `docker pull ${new URL(listener.origin).host}/nginx`,
  );
});

test("nothing found, and a failure, are told", async () => {
  const page = await visit(listener.origin, { expectedErrors: /429/ });
  const status = page.locator("#search-status");
  await page.locator("#search-text").fill("nothing");
  await page.locator("#search-form button").click();
  await status.getByText("Found: 0").waitFor();
  await page.locator("#search-text").fill("busy");
  await page.locator("#search-form button").click();
  const words = status.getByText("too many searches; try again soon");
  await words.waitFor();
  expect(await words.getAttribute("lang")).toBe("en");
  expect(await page.locator("#search-list li").count()).toBe(0);
});

test("an empty search asks nobody", async () => {
  const page = await visit(listener.origin);
  const before = asked.length;
  await page.locator("#search-text").fill("  ");
  await page.locator("#search-form button").click();
  await page.locator("#search-text").fill("nginx");
  await page.locator("#search-form button").click();
  await page.getByText("Found: 2").waitFor();
  expect(asked.slice(before)).toEqual(["nginx"]);
});
