import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { openTool, type Tool } from "../client/tool.ts";
import type { Subject } from "../images.ts";
import type { Machine } from "../machine/machine.ts";
import type { Stage } from "../stage.ts";
import { testEveryImage, withEveryImage } from "./every-image.ts";

/** What holds of oras, and so of what is built on oras-go, such as Helm. */
export function describeOras(machine: Machine, stage: () => Stage): void {
  let oras: Tool;
  beforeAll(async () => {
    oras = await openTool(machine, "oras", stage(), "by name");
  });

  testEveryImage("copies", stage, (subject) => expectCopy(oras, subject));

  test("lists tags page by page", async () => {
    const { large, tagsOfLarge } = stage().images;
    const tags = await oras.run("repo", "tags", "--plain-http", oras.repository(large));
    expect(tags.split("\n")).toEqual(expect.arrayContaining([...tagsOfLarge]));
  });

  test("discovers and copies what refers to an image", async () => {
    const { large, signature } = stage().images;
    expect(await oras.run("discover", "--plain-http", oras.name(large))).toContain(signature);
    await oras.run(
      "copy",
      ...toLayout(oras, `${oras.repository(large)}@${signature}`, "signature"),
    );
  });
}

/** Copies every image. */
export async function copyAllByOras(machine: Machine, stage: Stage): Promise<void> {
  const oras = await openTool(machine, "oras", stage, "by name");
  await withEveryImage(stage, (subject) => expectCopy(oras, subject));
}

async function expectCopy(oras: Tool, subject: Subject): Promise<void> {
  const name = oras.name(subject);
  const told = await oras.run("manifest", "fetch", "--plain-http", "--descriptor", name);
  expect(JSON.parse(told).digest).toBe(subject.digest);
  const layout = crypto.randomUUID();
  await oras.run("copy", ...toLayout(oras, name, layout));
  expect(await readFile(join(oras.room, layout, "index.json"), "utf8")).toContain(subject.digest);
}

function toLayout(oras: Tool, name: string, layout: string): string[] {
  return ["--from-plain-http", name, "--to-oci-layout", `${join(oras.room, layout)}:copy`];
}
