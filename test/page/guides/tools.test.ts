import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { buildkitGuide, podmanGuide } from "../../../src/page/guides/tools.ts";
import { en } from "../../../src/page/texts/en.ts";
import { LOCAL, MANY, OPEN, QUAY, SECRET, SECRET_PATH } from "../fixtures.ts";
import { createSandbox, snippetsOf, stepTextsOf } from "./sandbox.ts";

const PATH_AND_USERS = { ...SECRET_PATH, hasUsers: true };

describe("Podman's file", () => {
  function conf(facts: typeof OPEN): unknown {
    const [[title, text] = ["", ""]] = snippetsOf(podmanGuide(facts, en));
    expect(title).toBe("/etc/containers/registries.conf.d/50-mirror.conf");
    return parse(text);
  }

  test("mirrors every registry, with its name behind the mirror's", () => {
    expect(conf(MANY)).toEqual({
      registry: [
        { location: "docker.io", mirror: [{ location: "mirror.example.com" }] },
        { location: "ghcr.io", mirror: [{ location: "mirror.example.com/ghcr.io" }] },
        { location: "quay.io", mirror: [{ location: "mirror.example.com/quay.io" }] },
      ],
    });
  });

  test("is insecure if the page was requested over http", () => {
    expect(conf(LOCAL)).toEqual({
      registry: [
        { location: "docker.io", mirror: [{ location: "localhost:8787", insecure: true }] },
      ],
    });
  });

  test("has the path secret if there are users too", () => {
    expect(conf(PATH_AND_USERS)).toEqual({
      registry: [{ location: "docker.io", mirror: [{ location: `mirror.example.com/${SECRET}` }] }],
    });
  });
});

test.each([
  [OPEN, "podman pull docker.io/library/nginx"],
  [QUAY, "podman pull quay.io/owner/image"],
])("Podman is tested with a full name", (facts, command) => {
  expect(snippetsOf(podmanGuide(facts, en)).slice(1)).toEqual([["Shell", command]]);
});

describe("the command that creates a builder", () => {
  const create =
    "docker buildx create --name mirrored --driver docker-container --buildkitd-config buildkitd.toml --use";

  /** @returns the file, and the calls of docker. */
  function created(facts: typeof OPEN): [config: unknown, ...calls: string[]] {
    const { run } = createSandbox();
    const [[title, text] = ["", ""], [, command] = ["", ""]] = snippetsOf(buildkitGuide(facts, en));
    expect(title).toBe("buildkitd.toml");
    const { status, stderr, calls } = run(command);
    expect([status, stderr]).toEqual([0, ""]);
    return [parse(text), ...calls];
  }

  test("mirrors Docker Hub, with the path secret if there is one", () => {
    expect(created(OPEN)).toEqual([
      { registry: { "docker.io": { mirrors: ["mirror.example.com"] } } },
      create,
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

  test("reaches a mirror on this machine over http", () => {
    expect(created(LOCAL)).toEqual([
      {
        registry: {
          "docker.io": { mirrors: ["localhost:8787"] },
          "localhost:8787": { http: true },
        },
      },
      create.replace("--buildkitd", "--driver-opt network=host --buildkitd"),
    ]);
  });
});

test("Podman has a reason instead of commands if a path secret is the only lock", () => {
  const guide = podmanGuide(SECRET_PATH, en);
  expect(stepTextsOf(guide)).toEqual([en.guides.needsUser]);
  expect(snippetsOf(guide)).toEqual([]);
});
