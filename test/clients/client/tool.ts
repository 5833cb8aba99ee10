import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Subject } from "../images.ts";
import { type Machine, run } from "../machine/machine.ts";
import type { Stage } from "../stage.ts";
import { imageName, type Route } from "./client.ts";
import { registriesConf } from "./podman.ts";

/** A client that keeps nothing. */
export interface Tool {
  /** A directory for what it writes. */
  readonly room: string;
  readonly run: (...args: string[]) => Promise<string>;
  /** What it calls an image. */
  readonly name: (subject: Subject) => string;
  /** What it calls an image's repository. */
  readonly repository: (subject: Subject) => string;
}

/** Sets up a tool in a room of its own, where it finds its login and `registries.conf`. */
export async function openTool(machine: Machine, program: string, stage: Stage, route: Route) {
  const { host } = stage;
  const room = await stage.room();
  const conf = join(room, "registries.conf");
  await writeFile(conf, registriesConf({ host, route }));
  const env = { REGISTRY_AUTH_FILE: join(room, ".docker/config.json") };
  // Skopeo does not read the environment variable that podman reads.
  const argv = program === "skopeo" ? [program, "--registries-conf", conf] : [program];
  const name = ({ repository, tag }: Subject) => imageName({ host, route }, repository, tag);
  const tool: Tool = {
    room,
    run: (...args) => run(machine, [...argv, ...args], { work: room, env }),
    name,
    repository: (subject) => name(subject).slice(0, -subject.tag.length - 1),
  };
  return tool;
}
