import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Locator, Page } from "playwright-core";

// What runs in the page is text here: the browser's types are not those of a Worker.
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens every guide. */
export async function openGuides(page: Page): Promise<void> {
  await page.evaluate(
    'for (const guide of document.querySelectorAll("details")) guide.open = true',
  );
}

/** @returns what a screen reader calls the element that has the focus. */
export function focusedName(page: Page): Promise<string> {
  return page.evaluate(`
    const { ariaLabel, id, textContent } = document.activeElement;
    ariaLabel ?? (id || textContent)`);
}

/** @returns a style of the element that has the focus. */
export function focusedStyle(page: Page, property: string): Promise<string> {
  return page.evaluate(`getComputedStyle(document.activeElement).getPropertyValue("${property}")`);
}

/** @returns how bright the page's background is: 0 to 255. */
export async function brightnessOf(page: Page): Promise<number> {
  const color: string = await page.evaluate("getComputedStyle(document.body).backgroundColor");
  const channels = (color.match(/\d+/g) ?? []).map(Number);
  return channels.reduce((sum, channel) => sum + channel, 0) / channels.length;
}

/** @returns how far anything on the page goes to the right, in pixels. */
export function rightmostOf(page: Page): Promise<number> {
  return page.evaluate(`
    const elements = [...document.querySelectorAll("body *")];
    Math.max(...elements.map((element) => element.getBoundingClientRect().right))`);
}

export function readClipboard(page: Page): Promise<string> {
  return page.evaluate("navigator.clipboard.readText()");
}

export async function writeClipboard(page: Page, text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
}

/** From now on the page may not copy. */
export async function forbidCopying(page: Page): Promise<void> {
  await page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error()))");
}

export function selectedText(page: Page): Promise<string> {
  return page.evaluate("String(getSelection())");
}

/** @returns the element's text with every line break and space, whatever it looks like. */
export async function exactText(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? "";
}

/** @param page must have been visited with `bypassCSP`: axe is a script of nobody's. */
export async function runAxe(page: Page): Promise<AxeResults> {
  await page.addScriptTag({ content: AXE });
  return page.evaluate("axe.run()");
}
