import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ROOT } from "../support/repository.ts";

/** Each writes a file on installation, into the folder from which npm was started. */
const INSTALL = "node -e \"require('fs').writeFileSync(process.env.INIT_CWD + '/ran', '')\"";
const MANIFESTS = [
  { name: "tool", version: "1.0.0", dependencies: { helper: "^1.0.0" } },
  { name: "helper", version: "1.0.0" },
  { name: "helper", version: "1.1.0" },
].map((manifest) => ({ ...manifest, scripts: { install: INSTALL } }));

let folder: string;
let project: string;
let registry: Server;
/** The packages as the registry serves them, by `name-version`. */
let tarballs: Map<string, Buffer>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sampan-npm-"));
  project = join(folder, "project");
  mkdirSync(project);
  tarballs = new Map(MANIFESTS.map((manifest) => [idOf(manifest), pack(manifest)]));
  registry = createServer((request, response) => {
    const [, name = "", file] = /^\/(\w+)(?:\/(.*)\.tgz)?$/.exec(request.url ?? "") ?? [];
    response.end(file === undefined ? JSON.stringify(documentOf(name)) : tarballs.get(file));
  }).listen(0, "127.0.0.1");
  await once(registry, "listening");
  cpSync(join(ROOT, ".npmrc"), join(project, ".npmrc"));
  const root = { name: "project", version: "1.0.0", dependencies: { tool: "1.0.0" } };
  writeFileSync(join(project, "package.json"), JSON.stringify(root));
  const [tool, helper] = MANIFESTS;
  const packages = {
    "": root,
    "node_modules/tool": { ...tool, integrity: integrityOf("tool-1.0.0"), hasInstallScript: true },
    "node_modules/helper": {
      ...helper,
      integrity: integrityOf("helper-1.0.0"),
      hasInstallScript: true,
    },
  };
  const lock = { name: "project", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(project, "package-lock.json"), JSON.stringify(lock));
});

afterEach(() => {
  registry.close();
  registry.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

test("npm ci installs the locked versions although newer ones exist, and runs no script", async () => {
  expect(await npmCi()).toMatchObject({ code: 0 });
  expect(installed("tool")).toBe("1.0.0");
  expect(installed("helper")).toBe("1.0.0");
  expect(existsSync(join(project, "ran"))).toBe(false);
});

test("the scripts would run if .npmrc and npm allowed them", async () => {
  const flags = ["--ignore-scripts=false", "--dangerously-allow-all-scripts"];
  expect(await npmCi(...flags)).toMatchObject({ code: 0 });
  expect(existsSync(join(project, "ran"))).toBe(true);
});

test("npm ci refuses a package whose content is not the locked one", async () => {
  tarballs.set("helper-1.0.0", tarballs.get("helper-1.1.0") ?? Buffer.alloc(0));
  const { code, stderr } = await npmCi();
  expect(code).not.toBe(0);
  expect(stderr).toContain("EINTEGRITY");
  expect(existsSync(join(project, "ran"))).toBe(false);
});

function idOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}-${version}`;
}

function pack(manifest: (typeof MANIFESTS)[number]): Buffer {
  const id = idOf(manifest);
  mkdirSync(join(folder, id, "package"), { recursive: true });
  writeFileSync(join(folder, id, "package/package.json"), JSON.stringify(manifest));
  return execFileSync("tar", ["-cz", "-C", join(folder, id), "package"]);
}

/** @returns what the registry says about a package. */
function documentOf(name: string) {
  const { port } = registry.address() as AddressInfo;
  const versions = MANIFESTS.filter((manifest) => manifest.name === name).map((manifest) => {
    const id = idOf(manifest);
    const tarball = `http://127.0.0.1:${port}/${name}/${id}.tgz`;
    return [manifest.version, { ...manifest, dist: { tarball, integrity: integrityOf(id) } }];
  });
  const latest = versions.at(-1)?.[0];
  return { name, "dist-tags": { latest }, versions: Object.fromEntries(versions) };
}

function integrityOf(id: string): string {
  const hash = createHash("sha512").update(tarballs.get(id) ?? "");
  return `sha512-${hash.digest("base64")}`;
}

function installed(name: string): string {
  return JSON.parse(readFileSync(join(project, `node_modules/${name}/package.json`), "utf8"))
    .version;
}

/** Runs npm with the project's .npmrc, and without the settings of whoever runs the tests. */
async function npmCi(...flags: string[]) {
  const { port } = registry.address() as AddressInfo;
  const args = ["ci", "--no-audit", "--no-fund", `--registry=http://127.0.0.1:${port}`, ...flags];
  const child = spawn("npm", args, {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: folder, npm_config_cache: join(folder, "cache") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}
