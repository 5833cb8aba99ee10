import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Subject } from "../images.ts";
import { type Machine, run } from "../machine/machine.ts";
import type { Stage } from "../stage.ts";
import { imageName, type Place, type Route } from "./client.ts";
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
  const place = { room: await stage.room(), host, route };
  const name = ({ repository, tag }: Subject) => imageName(place, repository, tag);
  const tool: Tool = {
    room: place.room,
    run: await openProgram(machine, program, place),
    name,
    repository: (subject) => name(subject).slice(0, -subject.tag.length - 1),
  };
  return tool;
}

/** What runs a tool that finds its login and `registries.conf` in its room. */
export async function openProgram(
  machine: Machine,
  program: string,
  place: Place,
): Promise<Tool["run"]> {
  const { room } = place;
  const conf = join(room, "registries.conf");
  await writeFile(conf, registriesConf(place));
  const env = { REGISTRY_AUTH_FILE: join(room, ".docker/config.json") };
  // Skopeo does not read the environment variable that podman reads.
  const argv = program === "skopeo" ? [program, "--registries-conf", conf] : [program];
  return (...args) => run(machine, [...argv, ...args], { work: room, env });
}
