import { describe, expect, test } from "vitest";
import {
  type LocatedImage,
  locateImage,
  type MirrorNames,
  rewrite,
} from "../../../src/page/script/parse-image.ts";
import { parseImageName } from "../../../src/protocol/name.ts";
import { parseReference } from "../../../src/protocol/reference.ts";
import { isolated } from "../fixtures.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const SECRET = "5f1e0c2ab34d97865f1e0c2ab34d97865f1e0c2ab34d9786";
const HUB: MirrorNames = {
  prefix: "m.test",
  registry: ["docker.io", "registry-1.docker.io"],
  others: ["ghcr.io", "quay.io", "registry.k8s.io"],
  hub: "docker.io",
};

const locate = isolated(locateImage);

function rewritten(pasted: string) {
  return rewrite(pasted, HUB);
}

/** @returns the parts of the image with `|` between them, on a mirror of its registry. */
function read(reference: string): string {
  const prefix = `mirror.example.com/${SECRET}`;
  const found = locate(reference, { ...HUB, prefix });
  const others = ("elsewhere" in found && found.elsewhere) || "ghcr.io";
  const image = locate(reference, { ...HUB, prefix, others: [...HUB.others, others] });
  if ("elsewhere" in image) return String(image.elsewhere);
  const { here, tag, usualName } = image;
  const [, digest = ""] = here.split("@");
  return [usualName, tag ?? "", digest].join("|");
}

describe("a reference", () => {
  test.each([
    ["nginx", "nginx||"],
    ["nginx:1.27", "nginx|1.27|"],
    ["a/b/c/d", "a/b/c/d||"],
    ["docker.io/library/nginx", "docker.io/library/nginx||"],
    ["ghcr.io/x/y:z", "ghcr.io/x/y|z|"],
    ["ghcr.io/Owner/Image:V1", "ghcr.io/owner/image|V1|"],
    ["localhost/x", "localhost/x||"],
    ["localhost:5000/x:1", "localhost:5000/x|1|"],
    ["registry:5000/team/app", "registry:5000/team/app||"],
    [`nginx@${DIGEST}`, `nginx||${DIGEST}`],
    [`docker.io/library/nginx:1.27@${DIGEST}`, `docker.io/library/nginx|1.27|${DIGEST}`],
    [`nginx@sha512:${"ab".repeat(64)}`, `nginx||sha512:${"ab".repeat(64)}`],
    ["my_app__x/y-z.w:V1_a-b.c", "my_app__x/y-z.w|V1_a-b.c|"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as Compose files have it.
    ["redis:${TAG:-7}", "redis|${TAG:-7}|"],
    ["redis:$TAG-alpine", "redis|$TAG-alpine|"],
  ])("%s", (reference, expected) => {
    expect(read(reference)).toBe(expected);
  });

  test.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as Compose files have it.
    ["${IMAGE}"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as Compose files have it.
    ["${REGISTRY:-docker.io}/library/redis:7"],
    ["$BASE"],
    ["nginx@$DIGEST"],
    ["nginx:"],
    ["nginx:-1"],
    ["nginx:1:2"],
    [`nginx:${"a".repeat(129)}`],
    ["nginx@sha256:0123"],
    [`nginx@${DIGEST.toUpperCase()}`],
    ["nginx@"],
    ["a//b"],
    ["/nginx"],
    ["a/b/"],
    ["mirror.example.com/"],
  ])("%s is not valid", (reference) => {
    expect(read(reference)).toBe("null");
  });
});

describe("a link", () => {
  test.each([
    ["https://hub.docker.com/_/nginx", "nginx||"],
    ["https://hub.docker.com/_/nginx/tags?name=1.27", "nginx||"],
    ["https://hub.docker.com/r/grafana/grafana", "grafana/grafana||"],
    ["https://hub.docker.com/r/grafana/grafana/tags#x", "grafana/grafana||"],
    ["hub.docker.com/r/grafana/grafana?x=1", "grafana/grafana||"],
    ["https://hub.docker.com/repository/docker/me/app/general", "me/app||"],
    ["https://hub.docker.com/layers/library/nginx/1.27/images/sha256-0123", "library/nginx||"],
    ["https://ghcr.io/x/y:z", "ghcr.io/x/y|z|"],
    ["https://quay.io/repository/podman/hello?tab=tags", "quay.io/podman/hello||"],
    ["https://gcr.io/distroless/static/", "gcr.io/distroless/static||"],
  ])("%s", (link, expected) => {
    expect(read(link)).toBe(expected);
  });
});

describe("a prefix is removed", () => {
  test.each([
    ["mirror.example.com/nginx:1", "nginx|1|"],
    [`mirror.example.com/${SECRET}/nginx:1`, "nginx|1|"],
    ["mirror.example.com/ghcr.io/x/y", "ghcr.io/x/y||"],
    ["docker.m.daocloud.io/library/nginx:1", "docker.io/library/nginx|1|"],
    ["m.daocloud.io/docker.io/library/nginx:1", "docker.io/library/nginx|1|"],
    ["m.daocloud.io/gcr.io/distroless/static", "gcr.io/distroless/static||"],
    ["ghcr.m.daocloud.io/x/y", "ghcr.io/x/y||"],
    ["k8s.m.daocloud.io/pause:3.9", "registry.k8s.io/pause|3.9|"],
    ["k8s-gcr.m.daocloud.io/pause:3.9", "registry.k8s.io/pause|3.9|"],
    ["ghcr.nju.edu.cn/x/y", "ghcr.io/x/y||"],
    ["docker.1ms.run/grafana/grafana", "docker.io/grafana/grafana||"],
    ["dockerproxy.net/library/nginx", "docker.io/library/nginx||"],
    ["dockerproxy.cn/nginx", "docker.io/nginx||"],
    ["hub-mirror.c.163.com/library/nginx", "docker.io/library/nginx||"],
    ["docker.mirrors.ustc.edu.cn/library/nginx", "docker.io/library/nginx||"],
    ["abcd1234.mirror.aliyuncs.com/library/nginx", "docker.io/library/nginx||"],
    ["mirror.gcr.io/library/nginx", "docker.io/library/nginx||"],
  ])("%s", (reference, expected) => {
    expect(read(reference)).toBe(expected);
  });

  test.each([
    ["docker.elastic.co/kibana/kibana:8", "docker.elastic.co/kibana/kibana|8|"],
    ["docker.n8n.io/n8nio/n8n", "docker.n8n.io/n8nio/n8n||"],
    ["registry.cn-hangzhou.aliyuncs.com/x/y:1", "registry.cn-hangzhou.aliyuncs.com/x/y|1|"],
    ["ghcr.io/some.name/y", "ghcr.io/some.name/y||"],
  ])("and %s is a registry, not a mirror", (reference, expected) => {
    expect(read(reference)).toBe(expected);
  });
});

describe("the grammar is that of the registry API", () => {
  const names = ["a", "a.b", "a..b", "a_b", "a__b", "a___b", "a---b", "a-", "_a", "a/b", "a/", "é"];
  test.each(names)("for the name %s", (name) => {
    expect(read(name) === `${name}||`).toBe(parseImageName(name) !== null);
  });

  test.each(["a", "A", "_", "-", ".", "1.27-x_Y", "a".repeat(128), "a".repeat(129), "é"])(
    "for the tag %s",
    (tag) => {
      expect(read(`x:${tag}`) === `x|${tag}|`).toBe(parseReference(tag) !== null);
    },
  );

  test.each([DIGEST, `${DIGEST}0`, "sha256:xyz", `sha384:${"0".repeat(96)}`, "md5:0"])(
    "for the digest %s",
    (digest) => {
      expect(read(`x@${digest}`) === `x||${digest}`).toBe(parseReference(digest) !== null);
    },
  );
});

describe("names become pull commands", () => {
  test.each([
    ["nginx", "docker pull m.test/nginx"],
    ["  nginx:1.27\n", "docker pull m.test/nginx:1.27"],
    ['"nginx:1.27",', "docker pull m.test/nginx:1.27"],
    ["`nginx:1.27`", "docker pull m.test/nginx:1.27"],
    ["image:1", "docker pull m.test/image:1"],
    ["docker", "docker pull m.test/docker"],
    ["https://hub.docker.com/_/nginx/tags?name=1", "docker pull m.test/nginx"],
    ["k8s.gcr.io/pause:3.9", "docker pull m.test/registry.k8s.io/pause:3.9"],
    ["ｎｇｉｎｘ：１．２７", "docker pull m.test/nginx:1.27"],
    ["ghcr。io／x／y", "docker pull m.test/ghcr.io/x/y"],
    ["nginx\n\nghcr.io/x/y:1\n", "docker pull m.test/nginx\ndocker pull m.test/ghcr.io/x/y:1"],
  ])("%j", (pasted, expected) => {
    expect(rewritten(pasted).text).toBe(expected);
  });
});

describe("a command keeps everything but its image", () => {
  test.each([
    ["$ docker pull redis:7", "$ docker pull m.test/redis:7"],
    ["# docker pull redis", "# docker pull m.test/redis"],
    [
      "sudo docker image pull -q --platform linux/arm64 redis:7",
      "sudo docker image pull -q --platform linux/arm64 m.test/redis:7",
    ],
    [
      "docker pull --platform=linux/arm64 redis:7",
      "docker pull --platform=linux/arm64 m.test/redis:7",
    ],
    ["docker pull docker", "docker pull m.test/docker"],
    ["docker pull run", "docker pull m.test/run"],
    ["docker pull --all-tags redis", "docker pull --all-tags m.test/redis"],
    ['docker pull "nginx:1"', 'docker pull "m.test/nginx:1"'],
    ["docker pull docker.1ms.run/nginx", "docker pull m.test/nginx"],
    ["docker　pull　nginx：1", "docker pull m.test/nginx:1"],
    ["docker pull ——platform linux/arm64 nginx", "docker pull --platform linux/arm64 m.test/nginx"],
    [
      "docker run -d -p 80:80 --name web nginx:1 nginx -g 'daemon off;'",
      "docker run -d -p 80:80 --name web m.test/nginx:1 nginx -g 'daemon off;'",
    ],
    [
      "docker run --rm -it -v /data:/data alpine sh",
      "docker run --rm -it -v /data:/data m.test/alpine sh",
    ],
    ["docker run -dp 8080:80 nginx", "docker run -dp 8080:80 m.test/nginx"],
    ["docker run -p8080:80 -e A=b nginx", "docker run -p8080:80 -e A=b m.test/nginx"],
    ["docker run --no-healthcheck nginx", "docker run --no-healthcheck m.test/nginx"],
    ['docker run -e "A=b c" --name=web nginx', 'docker run -e "A=b c" --name=web m.test/nginx'],
    [
      "docker run -d \\\n  -u $(id -u):$(id -g) \\\n  --name web \\\n  nginx:1",
      "docker run -d \\\n  -u $(id -u):$(id -g) \\\n  --name web \\\n  m.test/nginx:1",
    ],
    ["docker run --label image=x nginx", "docker run --label image=x m.test/nginx"],
    [
      "docker pull nginx && docker run redis; docker pull ghcr.io/x/y",
      "docker pull m.test/nginx && docker run m.test/redis; docker pull m.test/ghcr.io/x/y",
    ],
    ["docker pull a\ndocker pull b", "docker pull m.test/a\ndocker pull m.test/b"],
    ["docker save -o nginx.tar nginx", "docker save -o nginx.tar m.test/nginx"],
    ["docker manifest inspect nginx", "docker manifest inspect m.test/nginx"],
    ["docker buildx imagetools inspect nginx:1", "docker buildx imagetools inspect m.test/nginx:1"],
    ["me@host:~$ docker pull redis", "me@host:~$ docker pull m.test/redis"],
    ["[root@host ~]# docker pull redis", "[root@host ~]# docker pull m.test/redis"],
    ["nerdctl -n k8s.io pull nginx", "nerdctl -n k8s.io pull m.test/nginx"],
    ["kubectl run x --image=nginx:1", "kubectl run x --image=m.test/nginx:1"],
    [
      "kubectl create deployment x --image nginx:1 --replicas=2",
      "kubectl create deployment x --image m.test/nginx:1 --replicas=2",
    ],
    ["podman pull quay.io/podman/hello", "podman pull m.test/quay.io/podman/hello"],
    [
      "sudo k3s crictl pull docker.io/library/nginx:latest",
      "sudo k3s crictl pull m.test/library/nginx:latest",
    ],
    [
      "ctr -n k8s.io images pull docker.io/library/nginx:latest",
      "ctr -n k8s.io images pull m.test/library/nginx:latest",
    ],
    [
      "sudo /var/lib/rancher/rke2/bin/crictl -c /x/crictl.yaml pull docker.io/library/nginx",
      "sudo /var/lib/rancher/rke2/bin/crictl -c /x/crictl.yaml pull m.test/library/nginx",
    ],
    ["crane pull --insecure nginx nginx.tar", "crane pull --insecure m.test/nginx nginx.tar"],
    ["skopeo inspect docker://ghcr.io/x/y:z", "skopeo inspect docker://m.test/ghcr.io/x/y:z"],
    [
      "skopeo copy --src-tls-verify=false docker://alpine dir:x",
      "skopeo copy --src-tls-verify=false docker://m.test/alpine dir:x",
    ],
  ])("%s", (pasted, expected) => {
    expect(rewritten(pasted)).toMatchObject({ text: expected, left: [] });
  });
});

describe("a Dockerfile", () => {
  test("has the mirror in front of every base image, and not of its stages", () => {
    const { text, images, left } = rewritten(`# syntax=docker/dockerfile:1
ARG VERSION=1.27
FROM --platform=$BUILDPLATFORM golang:1.25-alpine AS Build
# FROM debian
COPY --from=ghcr.io/x/tool:2 /tool /tool
RUN --mount=type=bind,from=busybox:1.36,target=/b true
from build as test
FROM nginx:$VERSION
COPY --from=build /app /app
COPY --from=0 /x /x`);
    expect(text).toBe(`# syntax=m.test/docker/dockerfile:1
ARG VERSION=1.27
FROM --platform=$BUILDPLATFORM m.test/golang:1.25-alpine AS Build
# FROM debian
COPY --from=m.test/ghcr.io/x/tool:2 /tool /tool
RUN --mount=type=bind,from=m.test/busybox:1.36,target=/b true
from build as test
FROM m.test/nginx:$VERSION
COPY --from=build /app /app
COPY --from=0 /x /x`);
    expect(images).toHaveLength(5);
    expect(left).toEqual([]);
  });

  test("keeps names that are variables, and the empty image", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as Dockerfiles have it.
    const file = "ARG BASE=alpine\nFROM ${BASE} AS a\nFROM scratch\nFROM alpine";
    expect(rewritten(file)).toMatchObject({
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Dockerfiles have it.
      text: "ARG BASE=alpine\nFROM ${BASE} AS a\nFROM scratch\nFROM m.test/alpine",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Dockerfiles have it.
      left: [{ reference: "${BASE}", elsewhere: null }],
    });
  });

  test.each([
    ["FROM node:22 AS build", "FROM m.test/node:22 AS build"],
    ["from node:22", "from m.test/node:22"],
    ["FROM node:22\r\nRUN true\r\n", "FROM m.test/node:22\r\nRUN true"],
  ])("may be a line: %j", (pasted, expected) => {
    expect(rewritten(pasted).text).toBe(expected);
  });
});

describe("a Compose file", () => {
  test("has the mirror in front of every image, and not of what it builds", () => {
    const { text, left } = rewritten(`x-app: &app
  image: &image "me/app:1.2"
services:
  web:
    <<: *app
    image: nginx:1.27 # not image: apache
    # image: httpd
  db:
    image: 'postgres:\${PG:-17}'
  worker:
    image: *image
  own:
    image: me/own
    build:
      context: .
  api:
    build: .
    ports: ["80:80"]
    image: me/api
  other: { image: quay.io/x/y, restart: always }
  far:
    image: gcr.io/x/y`);
    expect(text).toBe(`x-app: &app
  image: &image "m.test/me/app:1.2"
services:
  web:
    <<: *app
    image: m.test/nginx:1.27 # not image: apache
    # image: httpd
  db:
    image: 'm.test/postgres:\${PG:-17}'
  worker:
    image: *image
  own:
    image: me/own
    build:
      context: .
  api:
    build: .
    ports: ["80:80"]
    image: me/api
  other: { image: m.test/quay.io/x/y, restart: always }
  far:
    image: gcr.io/x/y`);
    expect(left).toEqual([{ reference: "gcr.io/x/y", elsewhere: "gcr.io" }]);
  });

  test.each([
    ['image: "nginx:1"', 'image: "m.test/nginx:1"'],
    ["image: 'foo/bar:1' # the app", "image: 'm.test/foo/bar:1' # the app"],
    ["x-image: &i nginx\na: {image: *i}", "x-image: &i m.test/nginx\na: {image: *i}"],
    [
      "services:\r\n  db:\r\n    image: postgres\r\n",
      "services:\r\n  db:\r\n    image: m.test/postgres",
    ],
  ])("may be a part: %j", (pasted, expected) => {
    expect(rewritten(pasted).text).toBe(expected);
  });
});

describe("another file has the mirror in front of its images", () => {
  test.each([
    [
      "kind: Pod\nspec:\n  containers:\n  - image: ghcr.io/x/y:z\n    imagePullPolicy: Always\n  - name: b\n    image: k8s.gcr.io/pause:3.9",
      "kind: Pod\nspec:\n  containers:\n  - image: m.test/ghcr.io/x/y:z\n    imagePullPolicy: Always\n  - name: b\n    image: m.test/registry.k8s.io/pause:3.9",
    ],
    ['"image":"nginx:1.27"', '"image":"m.test/nginx:1.27"'],
    ['  "image": "nginx:1.27",\n  "x": 1', '"image": "m.test/nginx:1.27",\n  "x": 1'],
    [
      '{"a":{"image":"nginx:1.27"},"b":{"image":"redis"}}',
      '{"a":{"image":"m.test/nginx:1.27"},"b":{"image":"m.test/redis"}}',
    ],
    ["[Container]\nImage=caddy:2\nVolume=a:b", "[Container]\nImage=m.test/caddy:2\nVolume=a:b"],
    ["Image=docker.io/library/caddy:2", "Image=m.test/library/caddy:2"],
  ])("%j", (pasted, expected) => {
    expect(rewritten(pasted).text).toBe(expected);
  });
});

describe("a text without an image is not rewritten", () => {
  test.each([
    "",
    " \n\t",
    "garbage !! text",
    "nginx redis",
    "docker pull",
    "docker run --rm",
    "docker --version",
    "docker compose pull web",
    "docker manifest inspect",
    "docker login mirror.example.com",
    "docker build -t x .",
    "kubectl get pods",
    "image:\n  pullPolicy: Always",
    "image: ''",
    '"',
    "-x",
    "FROM scratch",
    "select * from users where true",
  ])("%j", (pasted) => {
    expect(rewritten(pasted)).toEqual({ text: null, images: [], left: [] });
  });

  test.each([
    ["image: $IMAGE", "$IMAGE", null],
    ["docker pull nginx@sha256:12", "nginx@sha256:12", null],
    ["a//b", "a//b", null],
    ["docker pull gcr.io/x/y", "gcr.io/x/y", "gcr.io"],
  ])("%j has a reason", (pasted, reference, elsewhere) => {
    expect(rewritten(pasted)).toEqual({ text: null, images: [], left: [{ reference, elsewhere }] });
  });
});

describe("a long text", () => {
  test("keeps lines of more than 4,000 characters", () => {
    const [long, longer] = [4000, 4001].map((length) => `image: nginx #${" ".repeat(length - 14)}`);
    expect(rewritten(`${long}\nimage: a`).images).toHaveLength(2);
    expect(rewritten(`${longer}\nimage: a`).images).toHaveLength(1);
  });

  // Without the limits, some of these would exceed the timeout of a test.
  test.each([
    ["options", "-x ".repeat(33_000)],
    ["components", "a/".repeat(50_000)],
    ["stages", "FROM --x ".repeat(11_000)],
    ["quotes", `docker pull ${"'".repeat(99_000)}x`],
    ["spaces", `FROM${" ".repeat(99_000)}"`],
    ["lines", "image: ''\n".repeat(9_999)],
    ["millions of characters", "a/".repeat(2_000_000)],
  ])("of many %s is left as it is at once", (_, text) => {
    expect(rewritten(text).text).toBeNull();
  });
});

const QUAY = { prefix: "quay.example.com", registry: ["quay.io"], others: [], hub: "docker.io" };

describe("on a mirror of Docker Hub, an image", () => {
  test("has the host in front, and its usual name without it", () => {
    expect(locate("nginx:1.27", HUB)).toEqual({
      name: "nginx",
      tag: "1.27",
      reference: "1.27",
      here: "m.test/nginx:1.27",
      usualName: "nginx",
      usual: "nginx:1.27",
    } satisfies LocatedImage);
  });

  test("without a tag is looked up as latest", () => {
    expect(locate("nginx", HUB)).toMatchObject({
      reference: "latest",
      here: "m.test/nginx",
      usual: "nginx",
    });
  });

  test.each(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"])(
    "of %s is Docker Hub's",
    (registry) => {
      expect(locate(`${registry}/library/nginx`, HUB)).toMatchObject({
        name: "library/nginx",
        here: "m.test/library/nginx",
        usual: `${registry}/library/nginx`,
      });
    },
  );

  test("of another registry has that registry in front", () => {
    expect(locate("ghcr.io/x/y:z", HUB)).toMatchObject({
      name: "ghcr.io/x/y",
      reference: "z",
      here: "m.test/ghcr.io/x/y:z",
      usualName: "ghcr.io/x/y",
      usual: "ghcr.io/x/y:z",
    });
  });

  test("of a registry that is not served is reported with that registry", () => {
    expect(locate("gcr.io/x/y", HUB)).toEqual({ elsewhere: "gcr.io" });
    expect(locate("Evil.example.com/x", HUB)).toEqual({ elsewhere: "evil.example.com" });
    expect(locate("k8s.gcr.io/x", QUAY)).toEqual({ elsewhere: "registry.k8s.io" });
  });

  test("with a digest is looked up by it, and has no usual name", () => {
    expect(locate(`nginx:1.27@${DIGEST}`, HUB)).toMatchObject({
      reference: DIGEST,
      here: `m.test/nginx:1.27@${DIGEST}`,
      usual: null,
    });
  });

  test("has the path secret in front", () => {
    expect(locate("ghcr.io/x/y", { ...HUB, prefix: "mirror.example.com/secret" })).toMatchObject({
      name: "ghcr.io/x/y",
      here: "mirror.example.com/secret/ghcr.io/x/y",
    });
  });
});

describe("on a mirror of another registry, an image", () => {
  test("without a registry is that registry's", () => {
    expect(locate("owner/image", QUAY)).toMatchObject({ name: "owner/image" });
    expect(locate("quay.io/owner/image", QUAY)).toMatchObject({ name: "owner/image" });
  });

  test("without a registry is Docker Hub's if that is served too", () => {
    expect(locate("nginx", { ...QUAY, others: ["docker.io"] })).toMatchObject({
      name: "docker.io/nginx",
      here: "quay.example.com/docker.io/nginx",
      usual: "nginx",
    });
  });

  test("of Docker Hub is not served", () => {
    expect(locate("docker.io/nginx", QUAY)).toEqual({ elsewhere: "docker.io" });
  });
});
