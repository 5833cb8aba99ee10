import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { PLACE_NAMES } from "./faults/faults.ts";

const seed = Number(process.env.SAMPAN_SEED);

const inWorkerd = (name: string, include: readonly string[], provide: object) => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: { r2Buckets: ["BLOBS"] },
    }),
  ],
  test: {
    name,
    include: [...include],
    // It measures time, and in workerd none passes while code runs.
    exclude: ["test/properties/growth.test.ts"],
    provide: { seed, ...provide },
    testTimeout: 600_000,
    expect: { requireAssertions: true },
    isolate: false,
  },
});

const STORIES = [
  "test/nightly/stories/*.test.ts",
  "test/properties/*.test.ts",
  "test/platform-model/walks.test.ts",
];

/** The whole fault matrix, and every story, walk and property with the seed of the run. */
export default defineConfig({
  test: {
    maxWorkers: "100%",
    projects: [
      ...PLACE_NAMES.map((place) =>
        inWorkerd(`faults: ${place}`, ["test/nightly/faults/whole.matrix.ts"], { place }),
      ),
      inWorkerd("stories", STORIES, {}),
    ],
  },
});
