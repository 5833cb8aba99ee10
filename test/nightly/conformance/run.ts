import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { buildArtifact, buildImage, type Image, oci } from "../../support/image.ts";
import { ROOT } from "../../support/repository.ts";
import { startStack } from "../../support/stack.ts";

// The conformance suite of the OCI distribution specification, read-only, against the Worker in front
// of the stand-in for Docker Hub. The suite is a program in Go, which .github/workflows/nightly.yml
// installs; its path is the only argument.

const REPOSITORY = "library/conformance";
const RESULTS = join(ROOT, "dist/conformance");
/** Of those that it has for this content. Fewer, and it has not understood its settings. */
const MIN_PASSED = 50;

const [program] = process.argv.slice(2);
if (program === undefined) throw new Error("Usage: run.ts <path of the conformance program>");
process.exitCode = await main(program);

/** @returns 1 if a test failed, or if too few ran. */
async function main(program: string): Promise<number> {
  await using stack = await startedStack();
  const images = await pushImages(stack.hub);
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });
  const { host } = new URL(stack.mirror.origin);
  const child = spawn(program, [], {
    cwd: RESULTS,
    env: { PATH: process.env.PATH, ...settings(host, images) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.pipe(process.stdout);
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  // Its exit code says less: 0 if it does not understand its settings, and an error if it cannot write
  // another report of a read-only run.
  const count = (status: string) =>
    Number(new RegExp(`^ *${status}\\.+: +(\\d+)$`, "m").exec(output)?.[1] ?? Number.NaN);
  const isGood = count("Pass") >= MIN_PASSED && count("FAIL") === 0 && count("Error") === 0;
  return isGood ? 0 : 1;
}

async function startedStack() {
  const stack = await startStack();
  return { ...stack, [Symbol.asyncDispose]: stack.close };
}

/** An image of each format, and an artifact that refers to one. */
async function pushImages(hub: { push(name: string, tag: string, image: Image): void }) {
  const platforms = ["linux/amd64", "linux/arm64"];
  const index = await buildImage({ platforms, layers: 2, layerBytes: 100_000 });
  const docker = await buildImage({ mediaTypes: "docker" });
  const manifest = await buildImage({ files: { "etc/name": "manifest" } });
  const [digest, { bytes }] = [...manifest.manifests][0] as [string, { bytes: Uint8Array }];
  const subject = { mediaType: oci.manifest, digest, size: bytes.length };
  const artifact = await buildArtifact(subject, "application/vnd.example.sbom", "parts");
  const images = { index, docker, manifest, artifact };
  for (const [tag, image] of Object.entries(images)) hub.push(REPOSITORY, tag, image);
  return { images, subject: digest };
}

/** The environment variables of the suite; conformance/README.md of the distribution-spec. */
function settings(
  host: string,
  { images, subject }: Awaited<ReturnType<typeof pushImages>>,
): Record<string, string> {
  const all = Object.values(images);
  return {
    OCI_REGISTRY: host,
    OCI_TLS: "disabled",
    OCI_VERSION: "1.1",
    OCI_REPO1: REPOSITORY,
    OCI_RESULTS_DIR: RESULTS,
    OCI_API_PUSH: "false",
    OCI_API_BLOBS_DELETE: "false",
    OCI_API_MANIFESTS_DELETE: "false",
    OCI_API_TAGS_DELETE: "false",
    OCI_RO_DATA_TAGS: Object.keys(images).join(" "),
    OCI_RO_DATA_MANIFESTS: all.flatMap(({ manifests }) => [...manifests.keys()]).join(" "),
    OCI_RO_DATA_BLOBS: all.flatMap(({ blobs }) => [...blobs.keys()]).join(" "),
    OCI_RO_DATA_REFERRERS: subject,
  };
}
