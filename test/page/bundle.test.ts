import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { renderHome } from "../../src/page/home.ts";
import { ROOT } from "../support/repository.ts";
import { OPEN } from "./fixtures.ts";

const MAX_PAGE_BYTES = 16 * 1024;

let directory = "";
let bundle = "";

/** Bundles the page by itself, with the bundler and the settings of a deployment. */
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "sampan-bundle-"));
  const entry = join(directory, "page.ts");
  const home = JSON.stringify(join(ROOT, "src/page/home.ts"));
  writeFileSync(entry, `export { renderHome } from ${home};\nexport default { fetch() {} };\n`);
  const wrangler = join(ROOT, "node_modules/.bin/wrangler");
  const outdir = join(directory, "out");
  execFileSync(
    process.execPath,
    [wrangler, "deploy", entry, "--config", "wrangler.toml", "--dry-run", "--outdir", outdir],
    {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        XDG_CONFIG_HOME: directory,
        WRANGLER_SEND_METRICS: "false",
      },
      stdio: "pipe",
    },
  );
  bundle = join(outdir, "page.js");
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("the page in both languages adds at most 16 KiB to the Worker", () => {
  const bytes = gzipSync(readFileSync(bundle), { level: 9 }).length;
  expect(bytes).toBeGreaterThan(10 * 1024);
  expect(bytes).toBeLessThanOrEqual(MAX_PAGE_BYTES);
});

test("the bundled script uses nothing of the bundle", async () => {
  const page: { renderHome: typeof renderHome } = await import(pathToFileURL(bundle).href);
  const { html } = await page.renderHome(OPEN);
  const [, script = ""] = /<script>(.*?)<\/script>/s.exec(html) ?? [];
  expect(script).not.toMatch(/__\w+|\bimport\b/);
  // It ends with a call whose second argument is an object of its functions.
  const [, object = ""] = /^.*\)\(window,(\{.*\})\)$/s.exec(script) ?? [];
  const parts = new Function(`"use strict";return ${object}`)();
  expect(Object.keys(parts).sort()).toEqual([
    "createElementFactory",
    "fetchFromMirror",
    "findImages",
    "locateImage",
    "parseImage",
    "rewrite",
    "startImageBox",
  ]);
  const parsed = parts.parseImage("ghcr.io/x/y:z", []);
  expect(parsed).toEqual({ registry: "ghcr.io", name: "x/y", tag: "z", digest: null });
  expect(parts.findImages("docker pull nginx")).toEqual([{ start: 12, end: 17 }]);
});
