import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import "./what-node-lacks.ts";
import { ROOT } from "../support/repository.ts";

const WRANGLER = join(ROOT, "node_modules/.bin/wrangler");
const MAX_ADDED_BYTES = 15 * 1024;
/** Stands in for src/page: what the rest of the Worker asks of it, and nothing behind that. */
const STUB = `
export const isPlainHost = () => true;
export const pickLanguage = () => "en";
export const renderHome = () => ({ html: "", csp: "" });
`;

type Parts = Readonly<Record<string, (...args: unknown[]) => unknown>>;

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "sampan-bundle-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** @returns the file that would be deployed. */
function bundle(name: string, ...flags: readonly string[]): string {
  const outdir = join(directory, name);
  const home = join(directory, "home");
  execFileSync(process.execPath, [WRANGLER, "deploy", "--dry-run", "--outdir", outdir, ...flags], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      XDG_CONFIG_HOME: home,
      WRANGLER_SEND_METRICS: "false",
    },
    stdio: "pipe",
  });
  return join(outdir, "worker.js");
}

test("both languages add at most 15 KiB to what is deployed", () => {
  const stub = join(directory, "stub.ts");
  writeFileSync(stub, STUB);
  const without = ["facts", "home", "language"].flatMap((file) => [
    "--alias",
    `../page/${file}.ts:${stub}`,
  ]);
  const [all, rest] = [bundle("all"), bundle("rest", ...without)].map(gzippedBytes);
  const added = (all ?? 0) - (rest ?? 0);
  expect(added).toBeGreaterThan(10 * 1024);
  expect(added).toBeLessThanOrEqual(MAX_ADDED_BYTES);
});

test("the script of the bundle that is deployed needs nothing of the bundle", async () => {
  const { default: worker } = await import(pathToFileURL(bundle("page")).href);
  const request = new Request("https://mirror.example.com/");
  const response = await worker.fetch(request, { CACHE: {} }, { waitUntil: () => {} });
  const [, script = ""] = /<script>(.*?)<\/script>/s.exec(await response.text()) ?? [];
  expect(script).not.toMatch(/__\w+|\bimport\b/);
  // The call at its end hands in the parts, which are its own functions in an object.
  const [, object = ""] = /^.*\)\(window,(\{.*\})\)$/s.exec(script) ?? [];
  const parts: Parts = new Function(`"use strict";return ${object}`)();
  expect(Object.keys(parts).sort()).toEqual([
    "askMirror",
    "createImageFacts",
    "createKit",
    "describeManifest",
    "locateImage",
    "parseImage",
    "startImageBox",
    "startSearch",
  ]);
  const parsed = parts.parseImage?.("docker pull ghcr.io/x/y:z", []);
  expect(parsed).toEqual({ registry: "ghcr.io", name: "x/y", tag: "z", digest: null });
});

function gzippedBytes(file: string): number {
  return gzipSync(readFileSync(file), { level: 9 }).length;
}
