import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";

/** Debian's; another one by `SAMPAN_CHROMIUM`. */
const EXECUTABLE = process.env.SAMPAN_CHROMIUM ?? "/usr/bin/chromium";

/** How a page is visited. */
export interface VisitOptions extends BrowserContextOptions {
  /** Errors in the console that belong to the test, such as that of a 404. */
  readonly expectedErrors?: RegExp;
}

/** Opens a page in a profile of its own. */
export type Visit = (url: string, options?: VisitOptions) => Promise<Page>;

/**
 * Starts Chromium for the tests of a file. Each test fails if its pages wrote an error to the
 * console, threw one, or sent a request to another host than their own.
 */
export function useBrowser(): Visit {
  let browser: Browser;
  beforeAll(async () => {
    if (!existsSync(EXECUTABLE)) {
      throw new Error(
        `There is no Chromium at ${EXECUTABLE}. Install it (apt-get install chromium ` +
          "fonts-noto-cjk), or set SAMPAN_CHROMIUM to where it is: no test of the page is skipped.",
      );
    }
    browser = await chromium.launch({ executablePath: EXECUTABLE });
  });
  afterAll(() => browser?.close());

  return async (url, { expectedErrors, ...options } = {}) => {
    const context = await browser.newContext({ locale: "en-US", ...options });
    const page = await context.newPage();
    const troubles = watch(page, new URL(url).origin, expectedErrors);
    onTestFinished(async () => {
      await context.close();
      expect(troubles).toEqual([]);
    });
    await page.goto(url);
    return page;
  };
}

/** @returns what goes wrong on the page, as it goes wrong. */
function watch(page: Page, origin: string, expectedErrors?: RegExp): string[] {
  const troubles: string[] = [];
  page.on("console", (message) => {
    const isExpected = expectedErrors?.test(message.text()) ?? false;
    const isTrouble = message.type() === "error" || message.type() === "warning";
    if (isTrouble && !isExpected) troubles.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => troubles.push(`thrown: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== origin) troubles.push(`asked: ${url.href}`);
  });
  return troubles;
}
