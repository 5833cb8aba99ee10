import { describe, expect, test } from "vitest";
import { type ImageText, locateImage, parseImage } from "../../../src/page/script/parse-image.ts";
import { parseImageName } from "../../../src/protocol/name.ts";
import { parseReference } from "../../../src/protocol/reference.ts";
import { isolated } from "../fixtures.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const SECRET = "5f1e0c2ab34d97865f1e0c2ab34d97865f1e0c2ab34d9786";
const OWN = [`mirror.example.com/${SECRET}`, "mirror.example.com"];

const parse = isolated(parseImage);

/** @returns the parts of the image with `|` between them, or the problem. */
function read(pasted: string): string {
  const image = parse(pasted, OWN);
  if (image === null) return "nothing";
  if ("problem" in image) return image.problem;
  const { registry, name, tag, digest } = image;
  return [registry ?? "", name, tag ?? "", digest ?? ""].join("|");
}

describe("a reference", () => {
  test.each([
    ["nginx", "|nginx||"],
    ["nginx:1.27", "|nginx|1.27|"],
    ["a/b/c/d", "|a/b/c/d||"],
    ["docker.io/library/nginx", "docker.io|library/nginx||"],
    ["ghcr.io/x/y:z", "ghcr.io|x/y|z|"],
    ["localhost/x", "localhost|x||"],
    ["localhost:5000/x:1", "localhost:5000|x|1|"],
    ["registry:5000/team/app", "registry:5000|team/app||"],
    [`nginx@${DIGEST}`, `|nginx||${DIGEST}`],
    [`docker.io/library/nginx:1.27@${DIGEST}`, `docker.io|library/nginx|1.27|${DIGEST}`],
    [`nginx@sha512:${"ab".repeat(64)}`, `|nginx||sha512:${"ab".repeat(64)}`],
    ["my_app__x/y-z.w:V1_a-b.c", "|my_app__x/y-z.w|V1_a-b.c|"],
    ["  nginx:1.27\n", "|nginx|1.27|"],
    ['"nginx:1.27",', "|nginx|1.27|"],
    ["`nginx:1.27`", "|nginx|1.27|"],
    ["image:1", "|image|1|"],
    ["docker", "|docker||"],
    ["docker:dind", "|docker|dind|"],
  ])("%s", (pasted, expected) => {
    expect(read(pasted)).toBe(expected);
  });
});

describe("a command", () => {
  test.each([
    ["$ docker pull redis:7", "|redis|7|"],
    ["sudo docker image pull -q --platform linux/arm64 redis:7", "|redis|7|"],
    ["docker pull --platform=linux/arm64 redis:7", "|redis|7|"],
    ["docker pull docker", "|docker||"],
    ["docker pull run", "|run||"],
    ["docker pull --all-tags redis", "|redis||"],
    ["docker run -d -p 80:80 --name web nginx:1 nginx -g 'daemon off;'", "|nginx|1|"],
    ["docker run --rm -it -v /data:/data alpine sh", "|alpine||"],
    ["docker run -dp 8080:80 nginx", "|nginx||"],
    ["docker run -p8080:80 -e A=b nginx", "|nginx||"],
    ["docker run --no-healthcheck nginx", "|nginx||"],
    ['docker run -e "A=b c" --name=web nginx', "|nginx||"],
    ["docker run -d \\\n  -u $(id -u):$(id -g) \\\n  --name web \\\n  nginx:1\n", "|nginx|1|"],
    ["docker run -d \\   --name web \\   nginx:1", "|nginx|1|"],
    ["docker run --label image=x nginx", "|nginx||"],
    ["docker save nginx", "|nginx||"],
    ["docker save -o nginx.tar nginx", "|nginx||"],
    ["docker manifest inspect nginx", "|nginx||"],
    ["docker buildx imagetools inspect nginx:1", "|nginx|1|"],
    ["me@host:~$ docker pull redis", "|redis||"],
    ["[root@host ~]# docker pull redis", "|redis||"],
    ["nerdctl -n k8s.io pull nginx", "|nginx||"],
    ["kubectl run x --image=nginx:1", "|nginx|1|"],
    ["kubectl create deployment x --image nginx:1 --replicas=2", "|nginx|1|"],
    ["podman pull quay.io/podman/hello", "quay.io|podman/hello||"],
    ["sudo k3s crictl pull docker.io/library/nginx:latest", "docker.io|library/nginx|latest|"],
    ["sudo ctr images pull docker.io/library/redis:7", "docker.io|library/redis|7|"],
    ["ctr -n k8s.io images pull docker.io/library/nginx:latest", "docker.io|library/nginx|latest|"],
    ["k3s ctr i pull nginx", "|nginx||"],
    [
      "sudo /var/lib/rancher/rke2/bin/crictl -c /x/crictl.yaml pull docker.io/library/nginx",
      "docker.io|library/nginx||",
    ],
    ["crane manifest nginx", "|nginx||"],
    ["crane pull --insecure nginx nginx.tar", "|nginx||"],
    ["crane digest alpine:3.20", "|alpine|3.20|"],
    ["skopeo inspect docker://ghcr.io/x/y:z", "ghcr.io|x/y|z|"],
    ["skopeo copy --src-tls-verify=false docker://alpine dir:x", "|alpine||"],
  ])("%s", (pasted, expected) => {
    expect(read(pasted)).toBe(expected);
  });
});

describe("a line of a file", () => {
  test.each([
    ["FROM node:22 AS build", "|node|22|"],
    ["from node:22", "|node|22|"],
    ["FROM --platform=$BUILDPLATFORM golang:1.25-alpine AS build", "|golang|1.25-alpine|"],
    ['image: "nginx:1"', "|nginx|1|"],
    ["    image: 'foo/bar:1' # the app", "|foo/bar|1|"],
    ["  - image: ghcr.io/x/y:z", "ghcr.io|x/y|z|"],
    ['  "image": "nginx:1.27",', "|nginx|1.27|"],
    ['"image":"nginx:1.27"', "|nginx|1.27|"],
    ["Image=docker.io/library/caddy:2", "docker.io|library/caddy|2|"],
    ['{"name":"web","image":"nginx:1.27","ports":[]}', "|nginx|1.27|"],
  ])("%j", (pasted, expected) => {
    expect(read(pasted)).toBe(expected);
  });
});

describe("a whole file, also with spaces instead of line breaks, as in an input element", () => {
  test.each([
    ["# syntax=docker/dockerfile:1\nARG X=1\nFROM alpine:3.20 AS a\nRUN true\n", "|alpine|3.20|"],
    ["services:\n  db:\n    image: postgres:17\n    ports: []\n", "|postgres|17|"],
    ["services:\r\n  db:\r\n    image: 'postgres:17'\r\n", "|postgres|17|"],
    ["services:\n  db:\n    # image: mysql:8\n    image: postgres:17\n", "|postgres|17|"],
    [
      "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: ghcr.io/x/y:z\n    imagePullPolicy: Always",
      "ghcr.io|x/y|z|",
    ],
    ["[Container]\nImage=docker.io/library/caddy:2\nVolume=a:b\n", "docker.io|library/caddy|2|"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as Dockerfiles have it.
    ["ARG BASE=alpine\nFROM ${BASE}\nRUN true\n", "variable"],
  ])("%j", (pasted, expected) => {
    expect(read(pasted)).toBe(expected);
    expect(read(pasted.replace(/\r?\n/g, " "))).toBe(expected);
  });
});

describe("a link", () => {
  test.each([
    ["https://hub.docker.com/_/nginx", "|nginx||"],
    ["https://hub.docker.com/_/nginx/tags?name=1.27", "|nginx||"],
    ["https://hub.docker.com/r/grafana/grafana", "|grafana/grafana||"],
    ["https://hub.docker.com/r/grafana/grafana/tags#x", "|grafana/grafana||"],
    ["hub.docker.com/r/grafana/grafana?x=1", "|grafana/grafana||"],
    ["https://hub.docker.com/repository/docker/me/app/general", "|me/app||"],
    ["https://hub.docker.com/layers/library/nginx/1.27/images/sha256-0123", "|library/nginx|1.27|"],
    ["https://ghcr.io/x/y:z", "ghcr.io|x/y|z|"],
    ["https://quay.io/repository/podman/hello?tab=tags", "quay.io|podman/hello||"],
    ["https://gcr.io/distroless/static/", "gcr.io|distroless/static||"],
  ])("%s", (pasted, expected) => {
    expect(read(pasted)).toBe(expected);
  });
});

test("the prefix of this mirror is removed", () => {
  expect(read("docker pull mirror.example.com/nginx:1")).toBe("|nginx|1|");
  expect(read(`mirror.example.com/${SECRET}/nginx:1`)).toBe("|nginx|1|");
  expect(read("mirror.example.com/ghcr.io/x/y")).toBe("ghcr.io|x/y||");
});

describe("a text without an image has a problem", () => {
  test.each([
    ["", "nothing"],
    [" \n\t", "nothing"],
    ["FROM scratch", "scratch"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as compose files have it.
    ["image: redis:${TAG:-7}", "variable"],
    ["FROM $BASE", "variable"],
    ["Nginx", "upper-case"],
    ["ghcr.io/Owner/Image", "upper-case"],
    ["nginx:", "name"],
    ["nginx:-1", "name"],
    ["nginx:1:2", "name"],
    [`nginx:${"a".repeat(129)}`, "name"],
    ["nginx@sha256:0123", "digest"],
    [`nginx@${DIGEST.toUpperCase()}`, "digest"],
    ["nginx@", "digest"],
    ["a//b", "name"],
    ["/nginx", "name"],
    ["-x", "name"],
    ["a/b/", "name"],
    ["a".repeat(256), "name"],
    ["<script>alert(1)</script>", "name"],
    ["garbage !! text", "name"],
    ["nginx redis", "name"],
    ["docker pull", "name"],
    ["docker run --rm", "name"],
    ["docker --version", "name"],
    ["docker compose pull", "name"],
    ["docker compose pull web", "name"],
    ["docker manifest inspect", "name"],
    ["docker login mirror.example.com", "name"],
    ["docker build -t x .", "name"],
    ["kubectl get pods", "name"],
    ["image:", "name"],
    ["image: ''", "name"],
    ['"', "name"],
    ["$", "variable"],
    ["mirror.example.com/", "name"],
  ])("%j: %s", (pasted, expected) => {
    expect(read(pasted)).toBe(expected);
  });
});

describe("the grammar is that of the registry API", () => {
  const names = ["a", "a.b", "a..b", "a_b", "a__b", "a___b", "a---b", "a-", "_a", "a/b", "a/", "é"];
  test.each([...names, "a".repeat(255), "a".repeat(256)])("for the name %s", (name) => {
    expect(read(name) === `|${name}||`).toBe(parseImageName(name) !== null);
  });

  test.each(["a", "A", "_", "-", ".", "1.27-x_Y", "a".repeat(128), "a".repeat(129), "é"])(
    "for the tag %s",
    (tag) => {
      expect(read(`x:${tag}`) === `|x|${tag}|`).toBe(parseReference(tag) !== null);
    },
  );

  test.each([DIGEST, `${DIGEST}0`, "sha256:xyz", `sha384:${"0".repeat(96)}`, "md5:0"])(
    "for the digest %s",
    (digest) => {
      expect(read(`x@${digest}`) === `|x||${digest}`).toBe(parseReference(digest) !== null);
    },
  );
});

describe("a long text", () => {
  const LIMIT = 4000;

  /** @returns a line with an image that ends after `length` characters. */
  function endingAfter(length: number): string {
    const line = "image: postgres:17";
    return `${"- ".repeat(length).slice(0, length - line.length - 1)} ${line}`;
  }

  test("is read up to 4,000 characters, without a word that is cut there", () => {
    expect(endingAfter(LIMIT)).toHaveLength(LIMIT);
    expect(read(endingAfter(LIMIT))).toBe("|postgres|17|");
    expect(read(`${endingAfter(LIMIT - 1)} # more`)).toBe("|postgres|17|");
    expect(read(`${endingAfter(LIMIT)}.5`)).toBe("name");
    expect(read(endingAfter(LIMIT + 1))).toBe("name");
  });

  test("is not read as its first word alone", () => {
    expect(read(`nginx${" ".repeat(LIMIT)}and more`)).toBe("name");
    expect(read(`docker pull${" ".repeat(LIMIT)}nginx`)).toBe("name");
    expect(read(`${" ".repeat(LIMIT)}nginx\n`)).toBe("|nginx||");
  });

  test.each([
    ["options", "-x ".repeat(2_000_000)],
    ["components", "a/".repeat(2_000_000)],
    ["stages", "FROM --x ".repeat(2_000_000)],
    // Without the limit, these two would exceed the timeout of a test.
    ["quotes", `x${"'".repeat(2_000_000)}x`],
    ["spaces", `FROM${" ".repeat(2_000_000)}"`],
  ])("of millions of %s is rejected at once", (_, text) => {
    expect(read(text)).toMatch(/^(?:name|upper-case)$/);
  });
});

const locate = isolated(locateImage);
const HUB = {
  prefix: "mirror.example.com",
  registry: ["docker.io", "registry-1.docker.io"],
  others: ["ghcr.io"],
  hub: "docker.io",
};
const QUAY = { prefix: "quay.example.com", registry: ["quay.io"], others: [], hub: "docker.io" };

function image(registry: string | null, name: string, tag: string | null = null): ImageText {
  return { registry, name, tag, digest: null };
}

describe("on a mirror of Docker Hub, an image", () => {
  test("has the host in front, and its usual name without it", () => {
    expect(locate(image(null, "nginx", "1.27"), HUB)).toEqual({
      name: "nginx",
      reference: "1.27",
      here: "mirror.example.com/nginx:1.27",
      usual: "nginx:1.27",
    });
  });

  test("without a tag is looked up as latest", () => {
    expect(locate(image(null, "nginx"), HUB)).toEqual({
      name: "nginx",
      reference: "latest",
      here: "mirror.example.com/nginx",
      usual: "nginx",
    });
  });

  test.each(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"])(
    "of %s is Docker Hub's",
    (registry) => {
      expect(locate(image(registry, "library/nginx"), HUB)).toMatchObject({
        name: "library/nginx",
        here: "mirror.example.com/library/nginx",
        usual: `${registry}/library/nginx`,
      });
    },
  );

  test("of another registry has that registry in front", () => {
    expect(locate(image("ghcr.io", "x/y", "z"), HUB)).toEqual({
      name: "ghcr.io/x/y",
      reference: "z",
      here: "mirror.example.com/ghcr.io/x/y:z",
      usual: "ghcr.io/x/y:z",
    });
  });

  test("of a registry that is not served is reported with that registry", () => {
    expect(locate(image("gcr.io", "x/y"), HUB)).toEqual({ elsewhere: "gcr.io" });
    expect(locate(image("Evil.example.com", "x"), HUB)).toEqual({ elsewhere: "evil.example.com" });
  });

  test("with a digest is looked up by it, and has no usual name", () => {
    const both = { registry: null, name: "nginx", tag: "1.27", digest: DIGEST };
    expect(locate(both, HUB)).toEqual({
      name: "nginx",
      reference: DIGEST,
      here: `mirror.example.com/nginx:1.27@${DIGEST}`,
      usual: null,
    });
  });

  test("has the path secret in front", () => {
    const names = { ...HUB, prefix: "mirror.example.com/secret" };
    expect(locate(image("ghcr.io", "x/y"), names)).toMatchObject({
      name: "ghcr.io/x/y",
      here: "mirror.example.com/secret/ghcr.io/x/y",
    });
  });
});

describe("on a mirror of another registry, an image", () => {
  test("without a registry is that registry's", () => {
    expect(locate(image(null, "owner/image"), QUAY)).toMatchObject({ name: "owner/image" });
    expect(locate(image("quay.io", "owner/image"), QUAY)).toMatchObject({ name: "owner/image" });
  });

  test("without a registry is Docker Hub's if that is served too", () => {
    expect(locate(image(null, "nginx"), { ...QUAY, others: ["docker.io"] })).toMatchObject({
      name: "docker.io/nginx",
      here: "quay.example.com/docker.io/nginx",
      usual: "nginx",
    });
  });

  test("of Docker Hub is not served", () => {
    expect(locate(image("docker.io", "nginx"), QUAY)).toEqual({ elsewhere: "docker.io" });
  });
});
