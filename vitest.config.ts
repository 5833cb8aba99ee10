import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const inNode = [
  "test/architecture/**/*.test.ts",
  "test/e2e/**/*.test.ts",
  "test/clients/**/*.test.ts",
  // It measures time, and in workerd none passes while code runs.
  "test/properties/growth.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: { name: "workerd", include: ["test/**/*.test.ts"], exclude: inNode },
      },
      { test: { name: "node", include: inNode, testTimeout: 60_000, hookTimeout: 120_000 } },
    ],
  },
});
