import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestsIn } from "./client.ts";
import { CLIENTS, obstacleTo } from "./clients.ts";
import { forky, run } from "./machine.ts";
import { openSetup, type Setup } from "./setup.ts";

const STORE = "sampan.test";
/** notation trusts the key of this store, and no other. */
const TRUST_POLICY = {
  version: "1.0",
  trustPolicies: [
    {
      name: "all",
      registryScopes: ["*"],
      signatureVerification: { level: "strict" },
      trustStores: [`ca:${STORE}`],
      trustedIdentities: ["*"],
    },
  ],
};
/** Without a transparency log, which this machine cannot reach. */
const SIGN = ["cosign", "sign", "--tlog-upload=false", "--use-signing-config=false"];

type Verifier = "cosign" | "notation";

const oras = CLIENTS.find(({ tool }) => tool?.program === "oras");
const obstacles = [obstacleTo("cosign"), obstacleTo("notation"), oras?.obstacle ?? null];
const isAbsent = obstacles.some((obstacle) => obstacle !== null);

describe.skipIf(isAbsent)("with an image that was signed at the registry", () => {
  let setup: Setup;
  let home: string;
  beforeAll(async () => {
    setup = await openSetup();
    home = await setup.home();
    const { repository, digest } = setup.images.large;
    const { host, token } = setup.upstream.writer(repository);
    const login = { auths: { [host]: { registrytoken: token } } };
    await writeFile(join(home, ".docker/config.json"), JSON.stringify(login));
    await sign(`${host}/${repository}@${digest}`);
  });
  afterAll(() => setup?.close());

  for (const verifier of ["cosign", "notation"] as const) {
    test(`${verifier} verifies it through the mirror, and no other image`, async () => {
      const { large, small } = setup.images;
      expect(await verify(verifier, large.repository, large.tag)).toContain(large.digest);
      for (const { repository, tag } of small) {
        await expect(verify(verifier, repository, tag)).rejects.toThrow(/no signature/);
      }
    });

    test(`${verifier} verifies it again while the upstream is gone`, async () => {
      const { images, upstream } = setup;
      const { repository, tag, digest } = images.large;
      await upstream.whileAnswering(
        () => "reset",
        async () => expect(await verify(verifier, repository, tag)).toContain(digest),
      );
    });
  }

  test("oras discovers all signatures, and again while the upstream is gone", async () => {
    const { images, upstream } = setup;
    const { repository, tag } = images.large;
    const name = `${setup.host}/${repository}:${tag}`;
    const discover = () => client("oras", "discover", "--plain-http", "--depth", "1", name);
    const found = digestsIn(await discover());
    // The image, its first signature, and those of cosign and notation.
    expect(found).toHaveLength(4);
    expect(found).toContain(images.signature);
    await upstream.whileAnswering(
      () => "reset",
      async () => expect(digestsIn(await discover())).toEqual(found),
    );
  });

  function verify(verifier: Verifier, repository: string, tag: string): Promise<string> {
    const command = {
      cosign: ["cosign", "verify", "--insecure-ignore-tlog", "--key", join(home, "cosign.pub")],
      notation: ["notation", "verify", "--insecure-registry"],
    }[verifier];
    return client(...command, `${setup.host}/${repository}:${tag}`);
  }

  async function sign(image: string): Promise<void> {
    const key = join(home, "cosign");
    await client("cosign", "generate-key-pair", "--output-key-prefix", key);
    await client(...SIGN, "--key", `${key}.key`, image);
    const policy = join(home, "policy.json");
    await writeFile(policy, JSON.stringify(TRUST_POLICY));
    await client("notation", "policy", "import", policy);
    await client("notation", "cert", "generate-test", "--default", STORE);
    await client("notation", "sign", "--insecure-registry", image);
  }

  function client(...argv: string[]): Promise<string> {
    return run(forky, argv, { work: home, env: { COSIGN_PASSWORD: "" } });
  }
});
