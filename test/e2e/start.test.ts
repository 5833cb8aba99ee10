import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startWrangler } from "../support/mirror/wrangler.ts";
import { writeConfig } from "../support/mirror.ts";
import { readOwn } from "../support/repository.ts";

test("npm start shows the page for this machine, even if a domain is configured for the deployed mirror", async () => {
  const home = await mkdtemp(join(tmpdir(), "sampan-start-"));
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 3 }));
  const config = await writeConfig(home, {});
  const routes = 'routes = [{ pattern = "mirror.example.org", custom_domain = true }]';
  const text = await readFile(config, "utf8");
  await writeFile(config, text.replace(/^# routes = .*$/m, routes));
  const envFile = join(home, "empty.env");
  await writeFile(envFile, "");
  const { start } = JSON.parse(readOwn("package.json")).scripts;
  const [, , , ...flags] = start.split(" ");
  const at = ["--config", config, "--env-file", envFile, "--persist-to", home, "--port", "0"];

  const wrangler = await startWrangler(home, [...flags, ...at]);
  onTestFinished(() => wrangler.stop());
  const page = await (await fetch(wrangler.origin)).text();

  expect(await readFile(config, "utf8")).toContain(`\n${routes}\n`);
  expect(page).toContain(new URL(wrangler.origin).host);
  expect(page).not.toContain("mirror.example.org");
});
