import { describe, expect, test } from "vitest";
import { buildkitGuide } from "../../../src/page/guides/buildkit.ts";
import { LOCAL, MANY, OPEN, SECRET, SECRET_PATH } from "../facts-for-test.ts";
import { codeWith, texts } from "./guide-for-test.ts";
import { createSandbox, parseToml } from "./sandbox.ts";

const CREATED =
  "docker buildx create --name mirrored --driver docker-container --buildkitd-config buildkitd.toml --use";

/** @returns the file that the command writes, and what it asks docker for. */
function created(facts: typeof OPEN): [config: unknown, docker: string | undefined] {
  const { run, read } = createSandbox();
  const { status, stderr, done } = run(codeWith(buildkitGuide(facts, texts), "buildkitd.toml"));
  expect([status, stderr]).toEqual([0, ""]);
  return [parseToml(read("buildkitd.toml") ?? ""), done[0]];
}

describe("the command that makes a builder", () => {
  test("mirrors Docker Hub, below the path secret if there is one", () => {
    expect(created(OPEN)).toEqual([
      { registry: { "docker.io": { mirrors: ["mirror.example.com"] } } },
      CREATED,
    ]);
    expect(created(SECRET_PATH)[0]).toEqual({
      registry: { "docker.io": { mirrors: [`mirror.example.com/${SECRET}`] } },
    });
  });

  test("mirrors every registry", () => {
    const mirrors = ["mirror.example.com"];
    expect(created(MANY)[0]).toEqual({
      registry: { "docker.io": { mirrors }, "ghcr.io": { mirrors }, "quay.io": { mirrors } },
    });
  });

  test("reaches a mirror on this machine, over http", () => {
    expect(created(LOCAL)).toEqual([
      {
        registry: {
          "docker.io": { mirrors: ["localhost:8787"] },
          "localhost:8787": { http: true },
        },
      },
      CREATED.replace("--buildkitd", "--driver-opt network=host --buildkitd"),
    ]);
  });
});
