import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** All cells of the matrix; `npm test` tries a slice of them. */
export default defineConfig({
  plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
  test: {
    include: ["test/faults/full/*.matrix.ts"],
    testTimeout: 120_000,
    maxWorkers: "100%",
  },
});
