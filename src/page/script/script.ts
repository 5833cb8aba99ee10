import { type Browser, createElementFactory, type ScriptData } from "./browser.ts";
import { startImageBox } from "./image-box.ts";
import { fetchFromMirror } from "./mirror-client.ts";
import { findImages, locateImage, rewrite } from "./parse-image.ts";

/** All functions of the script: each may use the others and nothing else of the Worker. */
const PARTS = [
  createElementFactory,
  fetchFromMirror,
  findImages,
  locateImage,
  rewrite,
  startImageBox,
  startPage,
];

/**
 * The page's script: the source texts of its functions, as the Worker contains them, and a call.
 * The bundler gives a function the same name where it is declared and where it is used. They are
 * type-checked, tested and minified with everything else, without a build step of their own.
 */
export const SCRIPT = `"use strict";{${PARTS.join("\n")}\n${startPage.name}(window)}`;

/** Also shows the elements that need the script and are hidden until it runs. */
function startPage(browser: Browser): void {
  const { document } = browser;
  const data: ScriptData = JSON.parse(document.getElementById("data").textContent);
  const elements = createElementFactory(browser, data.texts);
  for (const code of document.querySelectorAll(".code")) elements.addCopyButton(code);
  for (const element of document.querySelectorAll("[hidden]")) element.hidden = false;
  startImageBox(browser, data, elements);
}
