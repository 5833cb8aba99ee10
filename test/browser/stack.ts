import { afterAll, beforeAll, expect } from "vitest";
import { buildImage, type Image } from "../support/image.ts";
import { type Stack, type StackOptions, startStack } from "../support/stack.ts";

/** What the stand-in Docker Hub has for these tests. */
export interface Stocked {
  readonly stack: Stack;
  /** The mirror's origin. */
  readonly origin: string;
  /** Its host and port, as they stand in front of names. */
  readonly host: string;
  /** `nginx:1.27`, for three platforms. */
  readonly nginx: Image;
  /** `grafana/grafana:8.3.1`, for one. */
  readonly grafana: Image;
}

/**
 * Starts a mirror under `wrangler dev` for the tests of a file, which share its caches.
 *
 * @returns what there is, once it is there.
 */
export function useStack(options: StackOptions = {}): () => Stocked {
  let stocked: Stocked;
  beforeAll(async () => {
    const stack = await startStack(options);
    const platforms = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7"];
    const nginx = await buildImage({ platforms, layers: 2, layerBytes: 600_000 });
    const grafana = await buildImage({ layers: 1, layerBytes: 20_000, mediaTypes: "docker" });
    stack.hub.push("library/nginx", "1.27", nginx);
    stack.hub.push("library/nginx", "latest", nginx);
    stack.hub.push("grafana/grafana", "8.3.1", grafana);
    const { origin } = stack.mirror;
    stocked = { stack, origin, host: new URL(origin).host, nginx, grafana };
  });
  afterAll(async () => {
    await stocked?.stack.close();
    expect(stocked?.stack.hub.leaks).toEqual([]);
  });
  return () => stocked;
}
