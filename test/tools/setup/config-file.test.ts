import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createConfigFile } from "../../../tools/setup/config-file.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sampan-file-"));
  await writeFile(join(folder, "wrangler.toml"), "a = 1\n");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("the file is replaced as a whole, with its mode, and nothing is left beside it", async () => {
  const path = join(folder, "wrangler.toml");
  await chmod(path, 0o600);
  const file = createConfigFile(path);
  expect(await file.read()).toBe("a = 1\n");
  await file.write("a = 2\n");
  expect(await readFile(path, "utf8")).toBe("a = 2\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["wrangler.toml"]);
});

test("a write that fails leaves the old file", async () => {
  const gone = createConfigFile(join(folder, "gone", "wrangler.toml"));
  await expect(gone.write("a = 2\n")).rejects.toThrow(/ENOENT/);
  expect(await readdir(folder)).toEqual(["wrangler.toml"]);
});
