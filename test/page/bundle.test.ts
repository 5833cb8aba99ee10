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

const MAX_PAGE_BYTES = 15 * 1024;

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

test("the page in both languages adds at most 15 KiB to the Worker", () => {
  const bytes = gzipSync(readFileSync(bundle), { level: 9 }).length;
  expect(bytes).toBeGreaterThan(10 * 1024);
  expect(bytes).toBeLessThanOrEqual(MAX_PAGE_BYTES);
});

test("the bundled script uses nothing of the bundle", async () => {
  const page: { renderHome: typeof renderHome } = await import(pathToFileURL(bundle).href);
  const { html } = await page.renderHome(OPEN);
  const [, script = ""] = /<script>(.*?)<\/script>/s.exec(html) ?? [];
  expect(script).not.toMatch(/__\w+|\bimport\b/);
  // A block of functions, of which the last one starts the page.
  const [, functions = "", start = ""] =
    /^"use strict";\{(.*)\n(\w+)\(window\)\}$/s.exec(script) ?? [];
  const names = [...functions.matchAll(/^(?:async )?function (\w+)/gm)].map(([, name]) => name);
  expect(names).toHaveLength(7);
  expect(names.at(-1)).toBe(start);
  const rewrite = new Function(`"use strict";${functions};return ${names[4]}`)();
  const mirror = { prefix: "m.test", registry: ["docker.io"], others: [], hub: "docker.io" };
  expect(rewrite("docker pull nginx", mirror).text).toBe("docker pull m.test/nginx");
});
