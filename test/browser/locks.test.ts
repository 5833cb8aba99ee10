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
      const { origin, host, nginx } = site();
      const page = await visit(origin + path);
      await openGuides(page);
      const snippets = (await page.locator(".code pre").allInnerTexts()).join("\n");
      expect(snippets).toContain(`"registry-mirrors": "${origin}/${SECRET}"`);
      expect(snippets).toContain(`docker pull ${host}/${SECRET}/nginx`);
      expect(snippets).toContain(`${origin}/${SECRET}/v2/nginx/manifests/latest`);
      expect(snippets).not.toContain(`${host}/nginx`);
      expect(await lookUp(page, "nginx:1.27")).toBe("The image exists.");
      expect(await page.locator("#image-facts pre").innerText()).toBe(nginx.tagDigest);
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
    const page = await visit(`${origin}/`, { extraHTTPHeaders: { authorization } });
    const snippets = (await page.locator(".code pre").allTextContents()).join("\n");
    expect(snippets).toContain(`docker login ${host}`);
    expect(snippets).not.toContain("registry-mirrors");
    expect(await lookUp(page, "nginx:1.27")).toBe("The image exists.");
  });

  test("without either there is no page", async () => {
    const response = await fetch(`${site().origin}/`);
    expect([response.status, await response.text()]).toEqual([404, "Not found.\n"]);
  });
});

describe("with logins of upstream accounts", () => {
  const site = useSite({ vars: { LOGIN: "upstream", LOGIN_KEY: "0123456789".repeat(4) } });

  test("the box works without a login, with an anonymous token", async () => {
    const { origin, nginx } = site();
    const page = await visit(`${origin}/`, { expectedErrors: /401/ });
    expect(await lookUp(page, "nginx:1.27")).toBe("The image exists.");
    expect(await page.locator("#image-facts pre").innerText()).toBe(nginx.tagDigest);
    await page.getByRole("button", { name: "Show size: linux/amd64" }).click();
    await page.locator("#image-facts dd").first().getByText("MB").waitFor();
  });
});
