import { type Browser, createElementFactory, type ScriptData } from "./browser.ts";
import { startImageBox } from "./image-box.ts";
import { type FetchFromMirror, fetchFromMirror } from "./mirror-client.ts";
import { findImages, locateImage, parseImage, rewrite } from "./parse-image.ts";

/** The functions of the script. Each must not use anything outside of itself and its parameters. */
const PARTS = {
  createElementFactory,
  fetchFromMirror,
  findImages,
  locateImage,
  parseImage,
  rewrite,
  startImageBox,
};

/**
 * The page's script: the source texts of its parts, as the Worker contains them, and a call. They
 * are type-checked, tested and minified with everything else, without a build step of their own.
 */
export const SCRIPT = `"use strict";(${startPage})(window,{${sourcesOf(PARTS)}})`;

function sourcesOf(parts: Readonly<Record<string, (...args: never[]) => unknown>>): string {
  return Object.entries(parts)
    .map(([name, part]) => `${name}:${part}`)
    .join(",");
}

/** Also shows the elements that need the script and are hidden until it runs. */
function startPage(browser: Browser, parts: typeof PARTS): void {
  const { document } = browser;
  const data: ScriptData = JSON.parse(document.getElementById("data").textContent);
  const elements = parts.createElementFactory(browser, data.texts);
  for (const code of document.querySelectorAll(".code")) elements.addCopyButton(code);
  for (const element of document.querySelectorAll("[hidden]")) element.hidden = false;
  const fetchFromMirror: FetchFromMirror = (url, isCacheOnly) =>
    parts.fetchFromMirror(browser, data.texts, url, isCacheOnly);
  parts.startImageBox(browser, data, elements, { ...parts, fetchFromMirror });
}
