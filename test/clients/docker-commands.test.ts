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

const isAbsent =
  [obstacleTo("docker compose"), obstacleTo("docker buildx")].some((one) => one !== null) ||
  CLIENTS.some(({ obstacle, title }) => title.startsWith("docker") && obstacle !== null);

describe.skipIf(isAbsent)("with a mirror of docker.io", () => {
  let setup: Setup;
  /** Digests of the services' images, by their names. */
  const published = new Map<string, string>();
  beforeAll(async () => {
    setup = await openSetup();
    for (const name of SERVICES) {
      const image = await buildImage({ platforms: [PLATFORM], files: { "etc/name": name } });
      await setup.upstream.push(`library/${name}`, image, ["1"]);
      published.set(name, image.tagDigest);
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

    test("compose pulls 28 images at once", async () => {
      const services = SERVICES.map((name) => [name, { image: `${name}:1` }]);
      const file = join(home, "compose.json");
      await writeFile(file, JSON.stringify({ services: Object.fromEntries(services) }));

      await session.docker("compose", "-f", file, "pull", "--quiet");

      const images = SERVICES.map((name) => `${name}:1`);
      const format = "{{.RepoDigests}}";
      const printed = await session.docker("image", "inspect", "--format", format, ...images);
      const digests = SERVICES.map((name) => published.get(name) ?? "");
      expect(digestsIn(printed)).toEqual(digests);
    });

    test("build uses an image by its plain name", async () => {
      const context = join(home, crypto.randomUUID());
      await mkdir(context);
      await writeFile(join(context, "Dockerfile"), "FROM busybox:1.30\nCOPY Dockerfile /added\n");

      await session.docker("build", "--quiet", "--tag", "built", context);

      const format = "{{json .RootFS.Layers}}";
      const layers = await session.docker("image", "inspect", "built", "--format", format);
      // The layers of the base image, without its configuration, and the one that was added.
      const [busybox] = setup.images.small;
      expect(JSON.parse(layers)).toHaveLength((busybox?.image.blobs.size ?? 0) - 1 + 1);
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
