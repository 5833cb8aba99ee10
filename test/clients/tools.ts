import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../support/image.ts";
import type { Place, Route } from "./client.ts";
import type { Subject } from "./images.ts";
import { type Machine, run } from "./machine.ts";
import { registriesConf } from "./podman.ts";
import type { Way } from "./setup.ts";

/** A client that reads and copies images without a store of its own. */
export interface Tool {
  readonly machine: Machine;
  readonly program: string;
  readonly routes: readonly Route[];
  readonly ways: readonly Way[];
  /** The arguments that print the digest of an image. */
  digestOf(name: string): readonly string[];
  /** … that copy an image into a directory, or verify it if the tool needs no copy for that. */
  copy(name: string, to: string): readonly string[];
  /** … that list the tags of a repository. */
  tagsOf(repository: string): readonly string[];
  /** @returns the digest of the copied manifest, or null if there is none. */
  copiedDigest(to: string, subject: Subject): Promise<string | null>;
}

export function skopeo(machine: Machine): Tool {
  return {
    ...{ machine, program: "skopeo" },
    ...{ routes: ["by name", "for docker.io"], ways: ["host", "name", "mirror"] },
    digestOf: (name) => ["inspect", "--no-tags", "--format", "{{.Digest}}", `docker://${name}`],
    copy: (name, to) => ["copy", "--all", `docker://${name}`, `dir:${to}`],
    tagsOf: (repository) => ["list-tags", `docker://${repository}`],
    copiedDigest: async (to) => sha256(new Uint8Array(await readFile(join(to, "manifest.json")))),
  };
}

/** Built on go-containerregistry, as kaniko and ko are. */
export function crane(machine: Machine): Tool {
  return {
    ...{ machine, program: "crane", routes: ["by name"], ways: ["host", "name"] },
    digestOf: (name) => ["digest", name],
    copy: (name) => ["validate", "--remote", name],
    tagsOf: (repository) => ["ls", repository],
    copiedDigest: async () => null,
  };
}

/** Built on oras-go, as Helm is. */
export function oras(machine: Machine): Tool {
  return {
    ...{ machine, program: "oras", routes: ["by name"], ways: ["host", "name"] },
    digestOf: (name) => ["manifest", "fetch", "--plain-http", "--descriptor", name],
    copy: (name, to) => ["copy", "--from-plain-http", name, "--to-oci-layout", `${to}:copy`],
    tagsOf: (repository) => ["repo", "tags", "--plain-http", repository],
    copiedDigest: async (to, { digest }) => {
      const index = await readFile(join(to, "index.json"), "utf8");
      return index.includes(digest) ? digest : "";
    },
  };
}

export type Run = (...args: readonly string[]) => Promise<string>;

/** @returns a function that runs the tool with the login and `registries.conf` of its place. */
export async function openTool({ machine, program }: Tool, place: Place): Promise<Run> {
  const { home } = place;
  const conf = join(home, "registries.conf");
  await writeFile(conf, registriesConf(place));
  const env = { REGISTRY_AUTH_FILE: join(home, ".docker/config.json") };
  // Skopeo does not read the environment variable that podman reads.
  const argv = program === "skopeo" ? [program, "--registries-conf", conf] : [program];
  return (...args) => run(machine, [...argv, ...args], { work: home, env });
}
