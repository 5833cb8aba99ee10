import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { Image } from "../support/image.ts";
import { buildImage } from "../support/image.ts";
import { type Stack, type StackOptions, startStack } from "../support/stack.ts";

/** Debian's Chromium, or that of `SAMPAN_CHROMIUM`. */
const EXECUTABLE = process.env.SAMPAN_CHROMIUM ?? "/usr/bin/chromium";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface VisitOptions extends BrowserContextOptions {
  /** Console errors that the test expects, such as that of a 404. */
  readonly expectedErrors?: RegExp;
}

/** Opens a page in its own profile. */
export type Visit = (url: string, options?: VisitOptions) => Promise<Page>;

/**
 * Starts Chromium for the tests of a file. A test fails if one of its pages writes an error to the
 * console, throws one, or sends a request to another origin.
 */
export function useBrowser(): Visit {
  let browser: Browser;
  beforeAll(async () => {
    if (!existsSync(EXECUTABLE)) {
      throw new Error(
        `Chromium not found at ${EXECUTABLE}. Install it (apt-get install chromium ` +
          "fonts-noto-cjk), or set SAMPAN_CHROMIUM to its path. These tests are never skipped.",
      );
    }
    browser = await chromium.launch({ executablePath: EXECUTABLE });
  });
  afterAll(() => browser?.close());

  return async (url, { expectedErrors, ...options } = {}) => {
    const context = await browser.newContext({ locale: "en-US", ...options });
    const page = await context.newPage();
    const problems = watch(page, new URL(url).origin, expectedErrors);
    onTestFinished(async () => {
      await context.close();
      expect(problems).toEqual([]);
    });
    await page.goto(url);
    return page;
  };
}

/** @returns the problems of the page, which are added as they occur. */
function watch(page: Page, origin: string, expectedErrors?: RegExp): string[] {
  const problems: string[] = [];
  page.on("console", (message) => {
    const isExpected = expectedErrors?.test(message.text()) ?? false;
    const isProblem = message.type() === "error" || message.type() === "warning";
    const place = message.location().url;
    if (isProblem && !isExpected) problems.push(`console: ${message.text()} ${place}`);
  });
  page.on("pageerror", (error) => problems.push(`thrown: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== origin) problems.push(`request: ${url.href}`);
  });
  return problems;
}

/** A mirror with images at its stand-in Docker Hub. */
export interface Site {
  readonly stack: Stack;
  /** The mirror's origin. */
  readonly origin: string;
  /** The mirror's host and port. */
  readonly host: string;
  /** `nginx:1.27`, for three platforms. */
  readonly nginx: Image;
  /** `grafana/grafana:8.3.1`, for one platform. */
  readonly grafana: Image;
}

/** Starts a mirror with `wrangler dev` for the tests of a file, which share its caches. */
export function useSite(options: StackOptions = {}): () => Site {
  let site: Site;
  beforeAll(async () => {
    const stack = await startStack(options);
    const platforms = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7"];
    const nginx = await buildImage({ platforms, layers: 2, layerBytes: 600_000 });
    const grafana = await buildImage({ layers: 1, layerBytes: 20_000, mediaTypes: "docker" });
    stack.hub.push("library/nginx", "1.27", nginx);
    stack.hub.push("grafana/grafana", "8.3.1", grafana);
    for (const tag of ["2.0", "2.1-alpine", "2.1", "10.0", "stable", "latest"]) {
      stack.hub.push("library/unpulled", tag, nginx);
    }
    const { origin } = stack.mirror;
    site = { stack, origin, host: new URL(origin).host, nginx, grafana };
  });
  afterAll(async () => {
    await site?.stack.close();
    expect(site?.stack.hub.leaks).toEqual([]);
  });
  return () => site;
}

/** Looks up an image. @returns the status that the page shows afterwards. */
export async function lookUp(page: Page, image: string): Promise<string> {
  await page.locator("#image-text").fill(image);
  await page.locator("#image-text").press("Enter");
  const status = page.locator("#image-status");
  await status.getByText(/Looking up|正在查询/).waitFor({ state: "hidden" });
  return status.innerText();
}

// Code for the page is text: the tests have no DOM types.

export async function openGuides(page: Page): Promise<void> {
  await page.evaluate(
    'for (const guide of document.querySelectorAll("details")) guide.open = true',
  );
}

/** @returns the accessible name of the focused element. */
export function focusedName(page: Page): Promise<string> {
  return page.evaluate(`
    const { ariaLabel, id, textContent } = document.activeElement;
    ariaLabel ?? (id || textContent)`);
}

/** @returns a computed style of the focused element. */
export function focusedStyle(page: Page, property: string): Promise<string> {
  return page.evaluate(`getComputedStyle(document.activeElement).getPropertyValue("${property}")`);
}

/** @returns the brightness of the page's background: 0 to 255. */
export async function brightnessOf(page: Page): Promise<number> {
  const color: string = await page.evaluate("getComputedStyle(document.body).backgroundColor");
  const channels = (color.match(/\d+/g) ?? []).map(Number);
  return channels.reduce((sum, channel) => sum + channel, 0) / channels.length;
}

/** @returns the right end of the page's widest element, in pixels. */
export function rightEndOf(page: Page): Promise<number> {
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

export async function forbidCopying(page: Page): Promise<void> {
  await page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error()))");
}

export function selectedText(page: Page): Promise<string> {
  return page.evaluate("String(getSelection())");
}

/** @param page must have been visited with `bypassCSP`: its policy does not allow axe's script. */
export async function runAxe(page: Page): Promise<AxeResults> {
  await page.addScriptTag({ content: AXE });
  return page.evaluate("axe.run()");
}
