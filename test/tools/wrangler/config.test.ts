import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { configArguments, mergeConfig } from "../../../tools/wrangler/config.ts";
import { ROOT, SHIPPED } from "../../support/repository.ts";
import {
  copyWorker,
  environmentFor,
  runNode,
  startCloudflareApi,
} from "../setup/support/cloudflare-api.ts";

// Each run of wrangler takes seconds, and a busy machine is no failure.
vi.setConfig({ testTimeout: 180_000 });

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sampan-config-"));
  await writeFile(join(folder, "wrangler.toml"), SHIPPED);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function merged(own: string) {
  await writeFile(join(folder, "mirror.toml"), own);
  const [flag, file = ""] = configArguments(folder);
  expect(flag).toBe("--config");
  return parse(await readFile(file, "utf8"));
}

test("without own settings wrangler reads wrangler.toml, which keeps the dashboard's variables", async () => {
  expect(configArguments(folder)).toEqual([]);
  expect(await readdir(folder)).toEqual(["wrangler.toml"]);
  expect(parse(SHIPPED)).toMatchObject({ keep_vars: true });
});

test("an empty mirror.toml changes nothing but that they are not kept", async () => {
  expect(await merged("")).toEqual({ ...parse(SHIPPED), keep_vars: false });
});

test("settings replace the same keys, and tables are merged", () => {
  const shipped = {
    ...{ name: "a", routes: ["x"], keep_vars: true },
    ...{ vars: { A: 1, B: { c: "1", d: "2" } } },
  };
  const own = { name: "b", routes: ["y"], vars: { B: { d: "3" } } };
  expect(mergeConfig(shipped, own)).toEqual({
    ...{ name: "b", routes: ["y"], keep_vars: false },
    ...{ vars: { A: 1, B: { c: "1", d: "3" } } },
  });
  expect(mergeConfig({ a: 1 }, { a: { b: 1 } })).toEqual({ keep_vars: false, a: { b: 1 } });
});

test("variables in wrangler.toml, where an owner has put them, replace the dashboard's too", async () => {
  await writeFile(join(folder, "wrangler.toml"), `${SHIPPED}\n[vars]\nSEARCH = "on"\n`);
  const [, file = ""] = configArguments(folder);
  expect(parse(await readFile(file, "utf8"))).toEqual({
    ...parse(SHIPPED),
    ...{ keep_vars: false, vars: { SEARCH: "on" } },
  });
});

test.each([["wrangler/main.ts", "deploy"], ["logs/main.ts"], ["setup/main.ts"]])(
  "%s reports file and line of settings that are not TOML, in one sentence",
  async (tool, ...args) => {
    await writeFile(join(folder, "mirror.toml"), "a = 1\n[vars\n");
    const argv = [join(ROOT, "tools", tool), ...args];
    const { code, stderr } = await runNode(argv, { cwd: folder, env: { ...process.env } });
    expect(code).toBe(1);
    const [sentence, ...others] = stderr.trim().split("\n");
    expect(sentence).toBe("mirror.toml is not valid TOML, line 2: illegal character in key");
    expect(others.filter((line) => !line.endsWith(" are unchanged."))).toEqual([]);
  },
);

test("npm run deploy deploys with mirror.toml, or without it keeps the dashboard's variables", async () => {
  const api = await startCloudflareApi();
  try {
    await copyWorker(folder);
    const deploy = () =>
      runNode([join(ROOT, "tools/wrangler/main.ts"), "deploy"], {
        cwd: folder,
        env: environmentFor(api.origin, folder),
      });
    expect((await deploy()).code).toBe(0);
    expect(api.bindings?.map(({ name }) => name)).toEqual(["CACHE"]);
    expect(api.kept).toContain("plain_text");

    await writeFile(join(folder, "mirror.toml"), '[vars]\nSEARCH = "on"\n');
    expect((await deploy()).code).toBe(0);
    expect(api.bindings).toContainEqual({ name: "SEARCH", type: "plain_text", text: "on" });
    expect(api.kept).not.toContain("plain_text");
  } finally {
    await api.stop();
  }
});
