import { askMirror } from "./ask-mirror.ts";
import type { Browser } from "./browser.ts";
import { createImageFacts } from "./create-image-facts.ts";
import { createKit } from "./create-kit.ts";
import { describeManifest } from "./describe-manifest.ts";
import { locateImage } from "./locate-image.ts";
import { parseImage } from "./parse-image.ts";
import type { ScriptData } from "./script-data.ts";
import { startImageBox } from "./start-image-box.ts";
import { startSearch } from "./start-search.ts";

/** What the script consists of: functions that need nothing of the files they are in. */
const PARTS = {
  askMirror,
  createImageFacts,
  createKit,
  describeManifest,
  locateImage,
  parseImage,
  startImageBox,
  startSearch,
};

/**
 * The page's script: the sources of its parts, as they stand in the Worker, and a call. So it is
 * checked, tested and minified with everything else, and there is nothing to build.
 */
export const SCRIPT = `"use strict";(${startPage})(window,{${sourcesOf(PARTS)}})`;

function sourcesOf(parts: Readonly<Record<string, (...args: never[]) => unknown>>): string {
  return Object.entries(parts)
    .map(([name, part]) => `${name}:${part}`)
    .join(",");
}

/** What is of use only with a script is hidden until this runs. */
function startPage(browser: Browser, parts: typeof PARTS): void {
  const { document } = browser;
  const data: ScriptData = JSON.parse(document.getElementById("data").textContent);
  const kit = parts.createKit(browser, data.texts);
  for (const code of document.querySelectorAll(".code")) kit.addCopyButton(code);
  for (const element of document.querySelectorAll("[hidden]")) element.hidden = false;
  const choose = parts.startImageBox(browser, data, kit, parts);
  if (data.search === null) return;
  parts.startSearch(browser, data.search, data, kit, parts.askMirror, choose);
}
