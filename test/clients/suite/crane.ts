import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { openTool, type Tool } from "../client/tool.ts";
import type { Subject } from "../images.ts";
import type { Machine } from "../machine/machine.ts";
import type { Stage } from "../stage.ts";
import { testEveryImage, withEveryImage } from "./every-image.ts";

/** What holds of crane, and so of what is built on go-containerregistry, such as kaniko and ko. */
export function describeCrane(machine: Machine, stage: () => Stage): void {
  let crane: Tool;
  beforeAll(async () => {
    crane = await openTool(machine, "crane", stage(), "by name");
  });

  testEveryImage("reads and validates", stage, (subject) => expectImage(crane, subject));

  test("pulls an index", async () => {
    const { large } = stage().images;
    const layout = join(crane.room, "layout");
    await crane.run("pull", "--format=oci", crane.name(large), layout);
    expect(await readFile(join(layout, "index.json"), "utf8")).toContain(large.digest);
  });

  test("lists tags page by page", async () => {
    const { large, tagsOfLarge } = stage().images;
    const tags = await crane.run("ls", crane.repository(large));
    expect(tags.split("\n")).toEqual(expect.arrayContaining([...tagsOfLarge]));
  });
}

/** Reads and validates every image. */
export async function readAllByCrane(machine: Machine, stage: Stage): Promise<void> {
  const crane = await openTool(machine, "crane", stage, "by name");
  await withEveryImage(stage, (subject) => expectImage(crane, subject));
}

async function expectImage(crane: Tool, subject: Subject): Promise<void> {
  const name = crane.name(subject);
  expect((await crane.run("digest", name)).trim()).toBe(subject.digest);
  const manifest = subject.image.manifests.get(subject.digest)?.bytes;
  expect((await crane.run("manifest", name)).trim()).toBe(new TextDecoder().decode(manifest));
  await crane.run("validate", "--remote", name);
}
