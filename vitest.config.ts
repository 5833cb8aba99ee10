import { spawnSync } from "node:child_process";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Tests that need a program that a machine may lack. */
const OPTIONAL = [
  {
    tests: "test/browser/**/*.test.ts",
    program: process.env.SAMPAN_CHROMIUM ?? "/usr/bin/chromium",
    remedy: "apt-get install chromium fonts-noto-cjk, or set SAMPAN_CHROMIUM",
  },
  {
    tests: "test/page/guides/*.test.ts",
    program: "python3",
    remedy: "apt-get install python3",
  },
];

const inNode = [
  "test/bench/**/*.test.ts",
  "test/e2e/**/*.test.ts",
  "test/clients/**/*.test.ts",
  "test/page/{bundle,guides/*,script/*}.test.ts",
  "test/browser/**/*.test.ts",
  "test/repository/**/*.test.ts",
  "test/tools/**/*.test.ts",
  // It measures time, which stands still in workerd while code runs.
  "test/properties/growth.test.ts",
  "test/nightly/{options,load/*}.test.ts",
];

const COMMON = {
  // A busy machine is no failure: vitest's own limits are 5, 10 and 1 seconds.
  testTimeout: 60_000,
  hookTimeout: 120_000,
  expect: { requireAssertions: true, poll: { timeout: 30_000 } },
};

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { r2Buckets: ["BLOBS"] },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: inNode,
          // The Worker's modules hold no state: a workerd for each file would only take time.
          isolate: false,
          ...COMMON,
        },
      },
      {
        test: {
          name: "node",
          include: inNode,
          exclude: ["**/node_modules/**", ...absent()],
          ...COMMON,
        },
      },
    ],
  },
});

/** @returns the tests that cannot run here, with a warning each; none if all clients are required. */
function absent(): string[] {
  if (process.env.SAMPAN_REQUIRE_CLIENTS) return [];
  const missing = OPTIONAL.filter(({ program }) => spawnSync(program, ["--version"]).status !== 0);
  for (const { tests, program, remedy } of missing) {
    console.warn(`Not tested: ${tests}. ${program} is missing: ${remedy}.`);
  }
  return missing.map(({ tests }) => tests);
}
