import { describe, expect, test } from "vitest";
import {
  brightnessOf,
  focusedName,
  focusedStyle,
  forbidCopying,
  lookUp,
  openGuides,
  readClipboard,
  rightEndOf,
  runAxe,
  selectedText,
  useBrowser,
  useSite,
} from "./browser.ts";

const visit = useBrowser();
const site = useSite();

test("the page loads with one request", async () => {
  const { origin } = site();
  const requests: string[] = [];
  const page = await visit(`${origin}/`);
  page.on("request", (request) => requests.push(request.url()));
  await page.reload();
  await page.waitForLoadState("networkidle");
  expect(requests.filter((url) => !url.startsWith("data:"))).toEqual([`${origin}/`]);
});

test("every snippet has the requested host and scheme", async () => {
  const { origin, host } = site();
  const page = await visit(`${origin}/`);
  await openGuides(page);
  const snippets = await page.locator(".code pre:visible").allInnerTexts();
  expect(snippets[0]).toBe(`docker pull ${host}/nginx`);
  const all = snippets.join("\n");
  expect(all).toContain(`"registry-mirrors": [\n    "${origin}"`);
  expect(all).toContain(`[host."${origin}"]`);
  expect(all).toContain(`location = "${host}"\ninsecure = true`);
  expect(all).toContain(`mirrors = ["${host}"]`);
  expect(all).not.toContain("example.com");
});

describe("a copy button", () => {
  test("copies the exact text and reports it", async () => {
    const permissions = ["clipboard-read", "clipboard-write"];
    const page = await visit(`${site().origin}/`, { permissions });
    for (const code of await page.locator(".code:visible").all()) {
      await code.getByRole("button").click();
      expect(await readClipboard(page)).toBe(await code.locator("pre").textContent());
      expect(await code.getByRole("button").innerText()).toBe("Copied");
      expect(await page.locator("#copy-status").textContent()).toBe("Copied");
    }
    await page.locator("#image-text").focus();
    expect(await page.getByText("Copied", { exact: true }).count()).toBe(1);
  });

  test("selects the text if the page may not copy", async () => {
    const page = await visit(`${site().origin}/`);
    await forbidCopying(page);
    const code = page.locator(".code").first();
    await code.getByRole("button").click();
    expect(await selectedText(page)).toBe(await code.locator("pre").textContent());
    expect(await code.getByRole("button").innerText()).toContain("Ctrl+C");
  });

  test("has a name of its own in each guide", async () => {
    const page = await visit(`${site().origin}/`);
    await openGuides(page);
    const owners = new Map<string, number>();
    const guides = await page.locator("details:not(.fold), section").all();
    for (const [index, guide] of guides.entries()) {
      const buttons = guide.locator(
        "> .code > button, > div > .code > button, > div > .fold button",
      );
      for (const button of await buttons.all()) {
        const name = (await button.getAttribute("aria-label")) ?? "";
        expect([name, owners.get(name) ?? index]).toEqual([name, index]);
        owners.set(name, index);
      }
    }
    expect([...owners.keys()]).toEqual(
      expect.arrayContaining([
        "Copy: Shell",
        "Copy: Docker, daemon.json",
        "Copy: Podman, Buildah, skopeo, CRI-O, Shell",
        "Copy: containerd, /etc/containerd/config.toml",
      ]),
    );
  });
});

test.each([
  ["en-GB", "en", "Set up a client"],
  ["zh-CN", "zh-Hans", "配置客户端"],
  ["de-DE", "en", "Set up a client"],
])("a browser in %s gets the page in %s", async (locale, tag, heading) => {
  const page = await visit(`${site().origin}/`, { locale });
  expect(await page.locator("html").getAttribute("lang")).toBe(tag);
  expect(await page.getByRole("heading", { name: heading }).isVisible()).toBe(true);
});

test("a link switches to the other language and back", async () => {
  const page = await visit(`${site().origin}/`);
  await page.getByRole("link", { name: "简体中文" }).click();
  expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hans");
  expect(await page.locator(".code button").first().innerText()).toBe("复制");
  await page.getByRole("link", { name: "English" }).click();
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
});

test("the page has a light and a dark colour scheme", async () => {
  const brightness: number[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await visit(`${site().origin}/`, { colorScheme });
    brightness.push(await brightnessOf(page));
  }
  expect(brightness[0]).toBeGreaterThan(220);
  expect(brightness[1]).toBeLessThan(40);
});

test("without JavaScript the snippets are visible, and the box and buttons are not", async () => {
  const { origin, host } = site();
  const page = await visit(`${origin}/`, { javaScriptEnabled: false });
  expect(await page.locator("#image-form").isVisible()).toBe(false);
  expect(await page.getByText(`docker pull ${host}/nginx`).first().isVisible()).toBe(true);
  await page.getByText("Without such a file, a script creates it").click();
  expect(await page.getByText("sudo sh").isVisible()).toBe(true);
  expect(await page.getByRole("button").count()).toBe(0);
  await page.getByText("Podman, Buildah, skopeo, CRI-O").click();
  expect(await page.getByText("[[registry.mirror]]").isVisible()).toBe(true);
});

test("the keyboard reaches everything, in the order of the page", async () => {
  const { origin, stack } = site();
  await stack.pull("nginx:1.27", { platform: "linux/amd64" });
  const page = await visit(`${origin}/`);
  const pressTab = async (times: number) => {
    const names: string[] = [];
    for (let time = 0; time < times; time += 1) {
      await page.keyboard.press("Tab");
      names.push(await focusedName(page));
    }
    return names;
  };
  expect(await pressTab(2)).toEqual(["简体中文", "image-text"]);
  await page.keyboard.type("nginx:1.27");
  await page.keyboard.press("Enter");
  await page.getByText("1.2 MB").waitFor();
  expect(await pressTab(7)).toEqual([
    "Look up",
    "Copy: With this mirror",
    "Copy: Give it its usual name",
    "1.27",
    "linux/amd64",
    "linux/arm64/v8",
    "linux/arm/v7",
  ]);
  expect(await pressTab(3)).toEqual([
    "Dockerdaemon.json",
    "Copy: Docker, daemon.json",
    "Without such a file, a script creates it",
  ]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  const guide = page.locator("details").first();
  expect(await guide.getAttribute("open")).toBe("");
  await page.keyboard.press("Enter");
  expect(await guide.getAttribute("open")).toBeNull();
  expect(await focusedStyle(page, "outline-style")).toBe("solid");
});

describe("with everything shown", () => {
  test.each(["en-US", "zh-CN"])("nothing is cut off at 320 pixels in %s", async (locale) => {
    const viewport = { width: 320, height: 640 };
    const { origin, nginx, stack } = site();
    await stack.pull("nginx:1.27", { platform: "linux/amd64" });
    const page = await visit(`${origin}/`, { viewport, locale });
    await lookUp(page, `nginx@${nginx.tagDigest}`);
    await page.locator("#image-output dd").first().waitFor();
    await openGuides(page);
    expect(await rightEndOf(page)).toBeLessThanOrEqual(320);
  });

  test.each([
    ["en-US", "light", 1280],
    ["en-US", "dark", 320],
    ["zh-CN", "light", 320],
    ["zh-CN", "dark", 1280],
  ] as const)("axe reports nothing in %s, %s, at %i pixels", async (locale, colorScheme, width) => {
    const viewport = { width, height: 800 };
    const options = { locale, colorScheme, viewport, bypassCSP: true };
    const { origin, stack } = site();
    await stack.pull("nginx:1.27", { platform: "linux/amd64" });
    const page = await visit(`${origin}/`, { ...options, expectedErrors: /404|504/ });
    await lookUp(page, "nothing/here");
    await page.locator(".error").waitFor();
    const shownError = await runAxe(page);
    expect(shownError.violations).toEqual([]);
    await lookUp(page, "nginx:1.27");
    await page.locator("#image-output dd").getByText("MB").waitFor();
    await page.locator(".code button").first().click();
    await openGuides(page);
    const { violations, passes } = await runAxe(page);
    expect(passes.length).toBeGreaterThan(20);
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });

  test("axe reports a missing label and low contrast", async () => {
    const page = await visit(`${site().origin}/`, { bypassCSP: true });
    await page.evaluate('document.querySelector("label").remove()');
    await page.evaluate('document.querySelector("textarea").removeAttribute("placeholder")');
    await page.addStyleTag({ content: "body { color: #ccc }" });
    const { violations } = await runAxe(page);
    expect(violations.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["color-contrast", "label"]),
    );
  });
});
