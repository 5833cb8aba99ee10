import { describe, expect, test } from "vitest";
import { useBrowser } from "./browser.ts";
import { openGuides } from "./in-page.ts";
import { useStack } from "./stack.ts";

const SECRET = "0f9a4c1be27d5863aa10";
const visit = useBrowser();

describe("below a path secret", () => {
  const stocked = useStack({ vars: { ACCESS_PATHS: `home=${SECRET}` } });

  test("the page is there with or without a slash, its commands have the secret, and its box works", async () => {
    const { origin, host, nginx } = stocked();
    for (const path of [`/${SECRET}`, `/${SECRET}/`]) {
      const page = await visit(origin + path);
      await openGuides(page);
      const codes = (await page.locator(".code pre").allInnerTexts()).join("\n");
      expect(codes).toContain(`"registry-mirrors": "${origin}/${SECRET}"`);
      expect(codes).toContain(`docker pull ${host}/${SECRET}/nginx`);
      expect(codes).toContain(`${origin}/${SECRET}/v2/nginx/manifests/latest`);
      expect(codes).not.toContain(`${host}/nginx`);
      await page.locator("#image-text").fill("nginx:1.27");
      await page.locator("#image-button").click();
      await page.getByText("The image exists.").waitFor();
      expect(await page.locator("#image-facts pre").innerText()).toBe(nginx.tagDigest);
    }
  });

  test("the other language is below it as well", async () => {
    const page = await visit(`${stocked().origin}/${SECRET}`);
    await page.getByRole("link", { name: "简体中文" }).click();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hans");
    expect(await page.locator(".code pre").first().innerText()).toContain(SECRET);
  });

  test("there is no page anywhere else", async () => {
    const answer = await fetch(`${stocked().origin}/`);
    expect([answer.status, await answer.text()]).toEqual([404, "Not found.\n"]);
  });
});

describe("for users", () => {
  const stocked = useStack({ vars: { ACCESS_USERS: "alice=wonderland" } });

  test("a client that logs in unasked, as no browser does, gets the page, and its box works", async () => {
    const { origin, host } = stocked();
    expect((await fetch(`${origin}/`)).status).toBe(404);
    const authorization = `Basic ${btoa("alice:wonderland")}`;
    const page = await visit(`${origin}/`, { extraHTTPHeaders: { authorization } });
    const codes = (await page.locator(".code pre").allTextContents()).join("\n");
    expect(codes).toContain(`docker login ${host}`);
    expect(codes).not.toContain("registry-mirrors");
    await page.locator("#image-text").fill("nginx:1.27");
    await page.locator("#image-button").click();
    await page.getByText("The image exists.").waitFor();
  });
});

describe("where everyone may log in with an account of the upstream", () => {
  const stocked = useStack({ vars: { LOGIN: "upstream", LOGIN_KEY: "0123456789".repeat(4) } });

  test("the box works without a login, with a token for everybody", async () => {
    const { origin, nginx } = stocked();
    const page = await visit(`${origin}/`, { expectedErrors: /401/ });
    await page.locator("#image-text").fill("nginx:1.27");
    await page.locator("#image-button").click();
    await page.getByText("The image exists.").waitFor();
    expect(await page.locator("#image-facts pre").innerText()).toBe(nginx.tagDigest);
    await page.getByRole("button", { name: "Show size: linux/amd64" }).click();
    await page.locator("#image-facts dd").first().getByText("MB").waitFor();
  });
});
