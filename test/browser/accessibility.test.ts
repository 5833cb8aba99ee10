import { expect, test } from "vitest";
import { useBrowser } from "./browser.ts";
import { openGuides, runAxe } from "./in-page.ts";
import { useStack } from "./stack.ts";

const visit = useBrowser();
const stocked = useStack();

const CASES = [
  ["en-US", "light", 1280],
  ["en-US", "dark", 320],
  ["zh-CN", "light", 320],
  ["zh-CN", "dark", 1280],
] as const;

test.each(CASES)(
  "axe finds nothing in %s, %s, %i pixels wide, with all that the page can show",
  async (locale, colorScheme, width) => {
    const viewport = { width, height: 800 };
    // axe is a script that the page's policy would not let in.
    const options = { locale, colorScheme, viewport, bypassCSP: true };
    const page = await visit(`${stocked().origin}/`, options);
    await page.locator("#image-text").fill("nginx:1.27");
    await page.locator("#image-button").click();
    await page.locator("#image-facts dd button").first().click();
    await page.locator("#image-facts dd").first().getByText("MB").waitFor();
    await page.locator(".code button").first().click();
    await openGuides(page);
    const { violations, passes } = await runAxe(page);
    expect(passes.length).toBeGreaterThan(20);
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  },
);

test("axe would have found something", async () => {
  const page = await visit(`${stocked().origin}/`, { bypassCSP: true });
  await page.evaluate('document.querySelector("label").remove()');
  await page.addStyleTag({ content: "body { color: #ccc }" });
  const { violations } = await runAxe(page);
  expect(violations.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["color-contrast", "label-title-only"]),
  );
});
