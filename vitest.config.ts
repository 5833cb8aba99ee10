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
];

/** Tests with foreign programs: clients, a browser, wrangler's own commands, mirrors to compare with. */
const withClients = [
  "test/clients/**/*.test.ts",
  "test/browser/**/*.test.ts",
  "test/tools/setup/{main,wrangler}.test.ts",
  "test/bench/{budgets,cpu,main,mirrors}.test.ts",
  "test/e2e/{demo,start}.test.ts",
];

const inNode = [
  "test/bench/**/*.test.ts",
  "test/e2e/**/*.test.ts",
  "test/page/{bundle,guides/*,script/*}.test.ts",
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
    // vitest's default leaves a core idle.
    maxWorkers: "100%",
    coverage: {
      // The other provider needs an inspector, which there is none of in workerd.
      provider: "istanbul",
      include: ["src/**/*.ts"],
      // These functions are sent to browsers as text; test/page/script and test/browser run them.
      exclude: ["src/config/bindings.d.ts", "src/page/script/**"],
      reporter: [["text", { skipFull: true }]],
      reportsDirectory: "dist/coverage",
      thresholds: {
        // A ratchet: a run that covers more writes its figure here, in whole percent, since some
        // lines depend on the time that the machine takes.
        statements: 99,
        autoUpdate: Math.floor,
      },
    },
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
          exclude: [...inNode, ...withClients],
          // The Worker's modules hold no state: a workerd for each file would only take time.
          isolate: false,
          ...COMMON,
        },
      },
      {
        test: {
          name: "node",
          include: inNode,
          exclude: ["**/node_modules/**", ...withClients, ...absent()],
          ...COMMON,
        },
      },
      {
        test: {
          name: "clients",
          include: withClients,
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
