import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { useBrowser } from "./browser.ts";
import {
  brightnessOf,
  exactText,
  focusedName,
  focusedStyle,
  forbidCopying,
  openGuides,
  readClipboard,
  rightmostOf,
  selectedText,
} from "./in-page.ts";
import { useStack } from "./stack.ts";

const visit = useBrowser();
const stocked = useStack();
const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };

/** @returns the texts to copy that people see, with every guide open. */
async function codesOn(page: Page): Promise<string[]> {
  await openGuides(page);
  return page.locator(".code pre:visible").allInnerTexts();
}

test("the page is there with one request", async () => {
  const { origin } = stocked();
  const requests: string[] = [];
  const page = await visit(`${origin}/`);
  page.on("request", (request) => requests.push(request.url()));
  await page.reload();
  await page.waitForLoadState("networkidle");
  expect(requests.filter((url) => !url.startsWith("data:"))).toEqual([`${origin}/`]);
});

test("every snippet is for the host that was asked, and for http", async () => {
  const { origin, host } = stocked();
  const codes = await codesOn(await visit(`${origin}/`));
  expect(codes[0]).toBe(`docker pull ${host}/nginx`);
  const all = codes.join("\n");
  expect(all).toContain(`"registry-mirrors": "${origin}"`);
  expect(all).toContain(`"insecure-registries": "${host}"`);
  expect(all).toContain(`[host."${origin}"]`);
  expect(all).toContain(`location = "${host}"\ninsecure = true`);
  expect(all).toContain(`mirrors = ["${host}"]`);
  expect(all).not.toContain("example.com");
});

describe("copying", () => {
  test("takes the whole text as it is, and says so", async () => {
    const page = await visit(`${stocked().origin}/`, CLIPBOARD);
    for (const code of await page.locator(".code:visible").all()) {
      await code.getByRole("button").click();
      expect(await readClipboard(page)).toBe(await exactText(code.locator("pre")));
      expect(await code.getByRole("button").innerText()).toBe("Copied");
      expect(await page.locator("#copy-status").textContent()).toBe("Copied");
    }
    await page.locator("#image-text").focus();
    expect(await page.getByText("Copied", { exact: true }).count()).toBe(1);
  });

  test("selects the text where the page may not copy", async () => {
    const page = await visit(`${stocked().origin}/`);
    await forbidCopying(page);
    const code = page.locator(".code").first();
    await code.getByRole("button").click();
    expect(await selectedText(page)).toBe(await exactText(code.locator("pre")));
    expect(await code.getByRole("button").innerText()).toContain("Ctrl+C");
  });
});

describe("languages", () => {
  test.each([
    ["en-GB", "en", "Set up a client"],
    ["zh-CN", "zh-Hans", "配置客户端"],
    ["de-DE", "en", "Set up a client"],
  ])("a browser in %s gets %s", async (locale, tag, heading) => {
    const page = await visit(`${stocked().origin}/`, { locale });
    expect(await page.locator("html").getAttribute("lang")).toBe(tag);
    expect(await page.getByRole("heading", { name: heading }).isVisible()).toBe(true);
  });

  test("a link leads to the other one and back", async () => {
    const page = await visit(`${stocked().origin}/`);
    await page.getByRole("link", { name: "简体中文" }).click();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hans");
    expect(await page.locator(".code button").first().innerText()).toBe("复制");
    await page.getByRole("link", { name: "English" }).click();
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
  });
});

test("it is light by day and dark by night", async () => {
  const brightness: number[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await visit(`${stocked().origin}/`, { colorScheme });
    brightness.push(await brightnessOf(page));
  }
  expect(brightness[0]).toBeGreaterThan(220);
  expect(brightness[1]).toBeLessThan(40);
});

test.each(["en-US", "zh-CN"])("nothing is cut off at 320 pixels, in %s", async (locale) => {
  const viewport = { width: 320, height: 640 };
  const page = await visit(`${stocked().origin}/`, { viewport, locale });
  await page.locator("#image-text").fill(`nginx@${stocked().nginx.tagDigest}`);
  await page.locator("#image-button").click();
  await page.locator("#image-facts dd").first().waitFor();
  await openGuides(page);
  expect(await rightmostOf(page)).toBeLessThanOrEqual(320);
});

test("no two guides have copy buttons of one name", async () => {
  const page = await visit(`${stocked().origin}/`);
  await openGuides(page);
  const owners = new Map<string, number>();
  for (const [index, guide] of (
    await page.locator("details, section, header + main").all()
  ).entries()) {
    for (const button of await guide.locator("> .code > button, > div > .code > button").all()) {
      const name = (await button.getAttribute("aria-label")) ?? "";
      expect([name, owners.get(name) ?? index]).toEqual([name, index]);
      owners.set(name, index);
    }
  }
  expect([...owners.keys()]).toEqual(
    expect.arrayContaining([
      "Copy: Shell",
      "Copy: Is the mirror being used?, Shell",
      "Copy: Podman, Buildah, CRI-O, Shell",
      "Copy: containerd, /etc/containerd/config.toml",
    ]),
  );
});

test("without JavaScript the snippets are there, and what needs it is not", async () => {
  const page = await visit(`${stocked().origin}/`, { javaScriptEnabled: false });
  expect(await page.locator("#image-form").isVisible()).toBe(false);
  expect(await page.getByRole("button").count()).toBe(0);
  await page.getByText("Podman, Buildah, CRI-O").click();
  expect(await page.getByText("[[registry.mirror]]").isVisible()).toBe(true);
});

test("the keyboard reaches everything, in the order of the page", async () => {
  const page = await visit(`${stocked().origin}/`);
  const walk = async (steps: number) => {
    const names: string[] = [];
    for (let step = 0; step < steps; step += 1) {
      await page.keyboard.press("Tab");
      names.push(await focusedName(page));
    }
    return names;
  };
  expect(await walk(3)).toEqual(["简体中文", "Copy: Shell", "image-text"]);
  await page.keyboard.type("nginx:1.27");
  await page.keyboard.press("Enter");
  await page.getByText("The image exists.").waitFor();
  expect(await walk(7)).toEqual([
    "image-button",
    "Copy: Pull it here",
    "Copy: Give it its usual name",
    "Copy: Digest",
    "Show size: linux/amd64",
    "Show size: linux/arm64/v8",
    "Show size: linux/arm/v7",
  ]);
  expect(await walk(2)).toEqual(["Docker on Linuxdaemon.json", "Copy: Docker on Linux, Shell"]);
  await page.keyboard.press("Shift+Tab");
  const guide = page.locator("details").first();
  expect(await guide.getAttribute("open")).toBe("");
  await page.keyboard.press("Enter");
  expect(await guide.getAttribute("open")).toBeNull();
  expect(await focusedStyle(page, "outline-style")).toBe("solid");
});
