import { describe, expect, test } from "vitest";
import { locateImage } from "../../../src/page/script/locate-image.ts";
import { alone } from "./alone.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const HUB = {
  prefix: "mirror.example.com",
  registry: ["docker.io", "registry-1.docker.io"],
  others: ["ghcr.io"],
  hub: "docker.io",
};
const QUAY = { prefix: "quay.example.com", registry: ["quay.io"], others: [], hub: "docker.io" };

const locate = alone(locateImage);

function image(registry: string | null, name: string, tag: string | null = null) {
  return { registry, name, tag, digest: null };
}

describe("on a mirror of Docker Hub", () => {
  test("a plain name is pulled from behind the host, and gets its usual name back", () => {
    expect(locate(image(null, "nginx", "1.27"), HUB)).toEqual({
      name: "nginx",
      reference: "1.27",
      here: "mirror.example.com/nginx:1.27",
      usual: "nginx:1.27",
    });
  });

  test("no tag is latest, and stays out of the names", () => {
    expect(locate(image(null, "nginx"), HUB)).toEqual({
      name: "nginx",
      reference: "latest",
      here: "mirror.example.com/nginx",
      usual: "nginx",
    });
  });

  test.each(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"])(
    "%s is Docker Hub",
    (registry) => {
      expect(locate(image(registry, "library/nginx"), HUB)).toMatchObject({
        name: "library/nginx",
        here: "mirror.example.com/library/nginx",
        usual: `${registry}/library/nginx`,
      });
    },
  );

  test("another registry that it serves stands in front of the name", () => {
    expect(locate(image("ghcr.io", "x/y", "z"), HUB)).toEqual({
      name: "ghcr.io/x/y",
      reference: "z",
      here: "mirror.example.com/ghcr.io/x/y:z",
      usual: "ghcr.io/x/y:z",
    });
  });

  test("a registry that it does not serve is named", () => {
    expect(locate(image("gcr.io", "x/y"), HUB)).toEqual({ elsewhere: "gcr.io" });
    expect(locate(image("Evil.example.com", "x"), HUB)).toEqual({ elsewhere: "evil.example.com" });
  });

  test("a digest beats a tag, and gets no other name", () => {
    const both = { registry: null, name: "nginx", tag: "1.27", digest: DIGEST };
    expect(locate(both, HUB)).toEqual({
      name: "nginx",
      reference: DIGEST,
      here: `mirror.example.com/nginx:1.27@${DIGEST}`,
      usual: null,
    });
  });

  test("a path secret stands before the name", () => {
    const names = { ...HUB, prefix: "mirror.example.com/secret" };
    expect(locate(image("ghcr.io", "x/y"), names)).toMatchObject({
      name: "ghcr.io/x/y",
      here: "mirror.example.com/secret/ghcr.io/x/y",
    });
  });
});

describe("on a mirror of another registry", () => {
  test("a plain name is that registry's", () => {
    expect(locate(image(null, "owner/image"), QUAY)).toMatchObject({ name: "owner/image" });
    expect(locate(image("quay.io", "owner/image"), QUAY)).toMatchObject({ name: "owner/image" });
  });

  test("a plain name is Docker Hub's if that is served too, as it is everywhere else", () => {
    expect(locate(image(null, "nginx"), { ...QUAY, others: ["docker.io"] })).toMatchObject({
      name: "docker.io/nginx",
      here: "quay.example.com/docker.io/nginx",
      usual: "nginx",
    });
  });

  test("Docker Hub by name is elsewhere", () => {
    expect(locate(image("docker.io", "nginx"), QUAY)).toEqual({ elsewhere: "docker.io" });
  });
});
