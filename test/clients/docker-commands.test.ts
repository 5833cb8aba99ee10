import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../support/image.ts";
import { digestsIn } from "./client.ts";
import { CLIENTS, obstacleTo } from "./clients.ts";
import { type DockerSession, type DockerStore, openDocker } from "./docker.ts";
import { PLATFORM } from "./images.ts";
import { forky } from "./machine.ts";
import { openSetup, type Setup } from "./setup.ts";

const SERVICES = Array.from({ length: 28 }, (_, index) => `service-${index + 1}`);

/** On a busy machine. */
const COMPOSE_MS = 150_000;

const obstacles = [
  ...CLIENTS.filter(({ title }) => title.startsWith("docker")).map(({ obstacle }) => obstacle),
  ...[obstacleTo("docker compose"), obstacleTo("docker buildx")],
];
const isAbsent = obstacles.some((obstacle) => obstacle !== null);

describe.skipIf(isAbsent)("with a mirror of docker.io", () => {
  let setup: Setup;
  /** The digests of the services' images, in their order. */
  const published: string[] = [];
  beforeAll(async () => {
    setup = await openSetup();
    for (const name of SERVICES) {
      const image = await buildImage({ platforms: [PLATFORM], files: { "etc/name": name } });
      await setup.upstream.push(`library/${name}`, image, ["1"]);
      published.push(image.tagDigest);
    }
  });
  afterAll(() => setup?.close());

  describe.each<DockerStore>(["graph", "containerd"])("docker with the %s store", (store) => {
    let home: string;
    let session: DockerSession;
    beforeAll(async () => {
      home = await setup.home();
      session = await openDocker(forky, store, { home, host: setup.host, route: "for docker.io" });
    });
    afterAll(() => session?.close());

    test("compose pulls 28 images at once", { timeout: COMPOSE_MS }, async () => {
      const services = SERVICES.map((name) => [name, { image: `${name}:1` }]);
      const file = join(home, "compose.json");
      await writeFile(file, JSON.stringify({ services: Object.fromEntries(services) }));

      await session.docker("compose", "-f", file, "pull", "--quiet");

      const images = SERVICES.map((name) => `${name}:1`);
      const format = "{{.RepoDigests}}";
      const printed = await session.docker("image", "inspect", "--format", format, ...images);
      expect(digestsIn(printed)).toEqual(published);
    });

    test("build uses an image by its plain name", async () => {
      const context = join(home, crypto.randomUUID());
      await mkdir(context);
      await writeFile(join(context, "Dockerfile"), "FROM busybox:1.30\nCOPY Dockerfile /added\n");

      await session.docker("build", "--quiet", "--tag", "built", context);

      const format = "{{json .RootFS.Layers}}";
      const layers = await session.docker("image", "inspect", "built", "--format", format);
      // Of the base image's blobs, all but its configuration are layers; one was added.
      const [busybox] = setup.images.small;
      expect(JSON.parse(layers)).toHaveLength(busybox?.image.blobs.size ?? 0);
    });

    test("manifest and buildx show an index", async () => {
      const { repository, tag, digest, image } = setup.images.large;
      const name = `${setup.host}/${repository}:${tag}`;
      const shown = await session.docker("buildx", "imagetools", "inspect", name);
      expect(shown).toContain(digest);
      const raw = await session.docker("manifest", "inspect", "--insecure", name);
      const platforms = JSON.parse(raw).manifests.map((one: { digest: string }) => one.digest);
      expect(platforms).toEqual([...image.platforms.values()]);
    });
  });
});
