import { join } from "node:path";
import { describe, expect } from "vitest";
import { type Client, imageName, type Route, type Session } from "./client.ts";
import { containerd } from "./containerd.ts";
import { docker } from "./docker.ts";
import type { Subject } from "./images.ts";
import { forky, here, isRoot, missingOn, versionOf } from "./machine.ts";
import { podman } from "./podman.ts";
import type { Setup, Way } from "./setup.ts";
import { crane, openTool, oras, type Run, skopeo, type Tool } from "./tools.ts";

/** A client under test: one that keeps images in a store, or a tool. */
export type Entry = {
  readonly title: string;
  /** Why it cannot be run here; null if it can. */
  readonly obstacle: string | null;
} & (
  | { readonly client: Client; readonly ways: readonly Way[]; readonly tool: null }
  | { readonly client: null; readonly tool: Tool }
);

/** The routes to the mirror by which each client pulls. */
export const ROUTES = ["by name", "for docker.io"] as const satisfies readonly Route[];

const ALL: readonly Way[] = ["host", "name", "mirror"];
/** Docker supports mirrors of Docker Hub only. */
const DOCKER: readonly Way[] = ["host", "name"];

/** Every client, in the versions of two Debian releases. */
export const CLIENTS: readonly Entry[] = [
  keeps(docker(here, "graph"), DOCKER),
  keeps(docker(forky, "graph"), DOCKER),
  keeps(docker(forky, "containerd"), DOCKER),
  keeps(containerd(here, "ctr"), ALL),
  keeps(containerd(forky, "ctr"), ALL),
  keeps(containerd(forky, "transfer service"), ALL),
  keeps(podman(here), ALL),
  keeps(podman(forky), ALL),
  reads(skopeo(here), `skopeo ${versionOf(here, "skopeo")}`),
  reads(skopeo(forky), `skopeo ${versionOf(forky, "skopeo")}`),
  reads(crane(forky), "crane"),
  reads(oras(forky), `oras ${versionOf(forky, "oras", "version")}`),
];

function keeps(client: Client, ways: readonly Way[]): Entry {
  const { title, missing } = client;
  return { title, obstacle: obstacleOf(missing), client, ways, tool: null };
}

function reads(tool: Tool, title: string): Entry {
  const obstacle = obstacleOf(missingOn(tool.machine, [`usr/bin/${tool.program}`]));
  return { title, obstacle, client: null, tool };
}

/** All of them need the registry behind the mirror. */
function obstacleOf(missing: readonly string[]): string | null {
  if (!isRoot) return "needs root on Linux";
  const all = [...missing, ...missingOn(here, ["usr/bin/docker-registry", "usr/bin/openssl"])];
  return all.length === 0 ? null : `not installed: ${all.join(", ")}`;
}

/** Further programs of Debian forky. */
const PROGRAMS = {
  cosign: "usr/bin/cosign",
  notation: "usr/bin/notation",
  "docker compose": "usr/libexec/docker/cli-plugins/docker-compose",
  "docker buildx": "usr/libexec/docker/cli-plugins/docker-buildx",
};

/** Why this program cannot be run here; null if it can. */
export function obstacleTo(title: keyof typeof PROGRAMS): string | null {
  return obstacleOf(missingOn(forky, [PROGRAMS[title]]));
}

/** The clients and programs that cannot be run here, and why. */
export const ABSENT = [
  ...CLIENTS,
  ...Object.keys(PROGRAMS).map((title) => {
    return { title, obstacle: obstacleTo(title as keyof typeof PROGRAMS) };
  }),
].flatMap(({ title, obstacle }) => (obstacle ? [`${title} (${obstacle})`] : []));

/** Describes tests that need any client; they are skipped if there is none. */
export const describeClients = describe.skipIf(CLIENTS.every(({ obstacle }) => obstacle !== null));

/** Describes each client; those that cannot be run here are skipped. */
export function describeEach(describeEntry: (entry: Entry) => void): void {
  for (const entry of CLIENTS) {
    const { title, obstacle } = entry;
    const heading = obstacle === null ? title : `${title} (${obstacle})`;
    describe.skipIf(obstacle !== null)(heading, () => describeEntry(entry));
  }
}

/** Pulls images into the session's store, and checks what the store reports. */
export async function expectPulls(session: Session, subjects: readonly Subject[]): Promise<void> {
  for (const { repository, tag, digest, config } of subjects) {
    const stored = await session.pull(repository, tag);
    expect(stored.digests, `${repository}:${tag}`).toContain(digest);
    expect(stored.config ?? config, `${repository}:${tag}`).toBe(config);
  }
}

/** A tool in a directory of its own, with its way to name images. */
export interface OpenTool {
  readonly home: string;
  readonly run: Run;
  /** The name of an image, or of its repository without a tag. */
  readonly name: (subject: Subject) => string;
  readonly repository: (subject: Subject) => string;
}

export async function openToolIn(setup: Setup, tool: Tool, route: Route): Promise<OpenTool> {
  const place = { home: await setup.home(), host: setup.host, route };
  const name = ({ repository, tag }: Subject) => imageName(place, repository, tag);
  return {
    ...{ home: place.home, run: await openTool(tool, place), name },
    repository: (subject) => name(subject).slice(0, -subject.tag.length - 1),
  };
}

/** Reads the digest of an image, copies it, and checks the copy. */
export async function expectCopy(
  { copiedDigest, copy, digestOf, program }: Tool,
  { home, name, run }: OpenTool,
  subject: Subject,
): Promise<void> {
  const to = join(home, crypto.randomUUID());
  expect(await run(...digestOf(name(subject)))).toContain(subject.digest);
  await run(...copy(name(subject), to));
  const copied = await copiedDigest(to, subject);
  expect(copied ?? subject.digest, name(subject)).toBe(subject.digest);
  if (program !== "crane") return;
  const manifest = subject.image.manifests.get(subject.digest)?.bytes;
  const printed = await run("manifest", name(subject));
  expect(printed.trim()).toBe(new TextDecoder().decode(manifest));
}
