import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const inNode = [
  "test/architecture/**/*.test.ts",
  "test/bench/**/*.test.ts",
  "test/e2e/**/*.test.ts",
  "test/clients/**/*.test.ts",
  "test/page/{bundle,guides/*,script/*}.test.ts",
  "test/browser/**/*.test.ts",
  "test/tools/setup/**/*.test.ts",
  "test/tools/doctor/**/*.test.ts",
  "test/tools/logs/**/*.test.ts",
  "test/tools/release/**/*.test.ts",
  "test/load/**/*.test.ts",
];

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
        test: { name: "workerd", include: ["test/**/*.test.ts"], exclude: inNode },
      },
      { test: { name: "node", include: inNode, testTimeout: 60_000, hookTimeout: 120_000 } },
    ],
  },
});
