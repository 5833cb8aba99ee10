import { describe, expect, test } from "vitest";
import { lookUp, openGuides, useBrowser, useSite } from "./browser.ts";

const SECRET = "0f9a4c1be27d5863aa10";
const visit = useBrowser();

describe("with a path secret and users", () => {
  const site = useSite({
    vars: { ACCESS_PATHS: `home=${SECRET}`, ACCESS_USERS: "alice=wonderland" },
  });

  test.each([`/${SECRET}`, `/${SECRET}/`])(
    "the page at %s has the secret in its commands, and its box works",
    async (path) => {
      const { origin, host } = site();
      const page = await visit(origin + path, { expectedErrors: /504/ });
      await openGuides(page);
      const snippets = (await page.locator(".code pre").allInnerTexts()).join("\n");
      expect(snippets).toContain(`"registry-mirrors": [\n    "${origin}/${SECRET}"`);
      expect(snippets).toContain(`docker pull ${host}/${SECRET}/nginx`);
      expect(snippets).not.toContain(`${host}/nginx`);
      await lookUp(page, "nginx:1.27");
      expect(await page.locator(".chips button").allInnerTexts()).toEqual(["1.27"]);
    },
  );

  test("the other language has the secret too", async () => {
    const page = await visit(`${site().origin}/${SECRET}`);
    await page.getByRole("link", { name: "简体中文" }).click();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hans");
    expect(await page.locator(".code pre").first().innerText()).toContain(SECRET);
  });

  test("a client with a login gets the page at the root, and its box works", async () => {
    const { origin, host } = site();
    // No browser sends a login unasked.
    const authorization = `Basic ${btoa("alice:wonderland")}`;
    const extraHTTPHeaders = { authorization };
    const page = await visit(`${origin}/`, { extraHTTPHeaders, expectedErrors: /504/ });
    const snippets = (await page.locator(".code pre").allTextContents()).join("\n");
    expect(snippets).toContain(`docker login ${host}`);
    expect(snippets).not.toContain("registry-mirrors");
    await lookUp(page, "nginx:1.27");
    expect(await page.locator(".chips button").allInnerTexts()).toEqual(["1.27"]);
  });

  test("without either there is no page", async () => {
    const response = await fetch(`${site().origin}/`);
    expect([response.status, await response.text()]).toEqual([404, "Not found.\n"]);
  });
});

describe("with logins of upstream accounts", () => {
  const site = useSite({ vars: { LOGIN: "upstream", LOGIN_KEY: "0123456789".repeat(4) } });

  test("the box works without a login, with an anonymous token", async () => {
    const { origin } = site();
    const page = await visit(`${origin}/`, { expectedErrors: /401|504/ });
    await lookUp(page, "nginx:1.27");
    expect(await page.locator(".chips button").allInnerTexts()).toEqual(["1.27"]);
  });
});
