import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "../../support/image.ts";
import type { Route } from "../client/client.ts";
import { openTool, type Tool } from "../client/tool.ts";
import type { Subject } from "../images.ts";
import type { Machine } from "../machine/machine.ts";
import type { Stage } from "../stage.ts";
import { testEveryImage, withEveryImage } from "./every-image.ts";

const ROUTES: readonly Route[] = ["by name", "for docker.io"];

/** What holds of skopeo, by each route to the mirror. */
export function describeSkopeo(machine: Machine, stage: () => Stage): void {
  describe.each(ROUTES)("the mirror %s", (route) => {
    let skopeo: Tool;
    beforeAll(async () => {
      skopeo = await openTool(machine, "skopeo", stage(), route);
    });

    testEveryImage("inspects and copies", stage, (subject) => expectCopy(skopeo, subject));
  });

  test("lists tags page by page", async () => {
    const skopeo = await openTool(machine, "skopeo", stage(), "by name");
    const { large, tagsOfLarge } = stage().images;
    const list = await skopeo.run("list-tags", `docker://${skopeo.repository(large)}`);
    expect(JSON.parse(list).Tags).toEqual(expect.arrayContaining([...tagsOfLarge]));
  });
}

/** Copies every image, by each route to the mirror. */
export async function copyAllBySkopeo(machine: Machine, stage: Stage): Promise<void> {
  for (const route of ROUTES) {
    const skopeo = await openTool(machine, "skopeo", stage, route);
    await withEveryImage(stage, (subject) => expectCopy(skopeo, subject));
  }
}

async function expectCopy(skopeo: Tool, subject: Subject): Promise<void> {
  const name = `docker://${skopeo.name(subject)}`;
  const told = JSON.parse(await skopeo.run("inspect", "--no-tags", name));
  expect(told.Digest, name).toBe(subject.digest);
  const copy = join(skopeo.room, crypto.randomUUID());
  await skopeo.run("copy", "--all", name, `dir:${copy}`);
  const manifest = await readFile(join(copy, "manifest.json"));
  expect(await sha256(new Uint8Array(manifest)), name).toBe(subject.digest);
}
