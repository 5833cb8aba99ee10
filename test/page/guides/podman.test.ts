import { describe, expect, test } from "vitest";
import { podmanGuide } from "../../../src/page/guides/podman.ts";
import { LOCAL, MANY, OPEN, SECRET, SECRET_PATH } from "../facts-for-test.ts";
import { codesOf, codeWith, texts } from "./guide-for-test.ts";
import { createSandbox, parseToml } from "./sandbox.ts";

const FILE = "etc/containers/registries.conf.d/50-mirror.conf";

function confWritten(facts: typeof OPEN): unknown {
  const { run, read, write } = createSandbox();
  write("etc/containers/registries.conf.d/shortnames.conf", "");
  expect(run(codeWith(podmanGuide(facts, texts), "50-mirror.conf"))).toEqual({
    status: 0,
    stderr: "",
    done: [],
  });
  return parseToml(read(FILE) ?? "");
}

describe("the command that writes the file", () => {
  test("mirrors Docker Hub", () => {
    expect(confWritten(OPEN)).toEqual({
      registry: [{ location: "docker.io", mirror: [{ location: "mirror.example.com" }] }],
    });
  });

  test("puts other registries' names behind the mirror's", () => {
    expect(confWritten(MANY)).toEqual({
      registry: [
        { location: "docker.io", mirror: [{ location: "mirror.example.com" }] },
        { location: "ghcr.io", mirror: [{ location: "mirror.example.com/ghcr.io" }] },
        { location: "quay.io", mirror: [{ location: "mirror.example.com/quay.io" }] },
      ],
    });
  });

  test("is insecure only where the page was asked over http", () => {
    expect(confWritten(LOCAL)).toEqual({
      registry: [
        { location: "docker.io", mirror: [{ location: "localhost:8787", insecure: true }] },
      ],
    });
  });

  test("has the path secret where there are users as well", () => {
    expect(confWritten({ ...SECRET_PATH, hasUsers: true })).toEqual({
      registry: [{ location: "docker.io", mirror: [{ location: `mirror.example.com/${SECRET}` }] }],
    });
  });
});

test("it is tried with the full name", () => {
  expect(codesOf(podmanGuide(OPEN, texts)).slice(1)).toEqual([
    ["Shell", "podman pull docker.io/library/nginx"],
  ]);
});

test("below a path secret alone there is nothing to copy, and a reason", () => {
  expect(podmanGuide(SECRET_PATH, texts).steps).toEqual([
    { text: texts.guides.needsUser, code: null },
  ]);
});
