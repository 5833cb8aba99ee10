import { describe, expect, test } from "vitest";
import { readConfig } from "../../../src/config.ts";
import type { Env } from "../../../src/env.ts";
import { setUp } from "../../../tools/setup/setup.ts";
import { parseConfig } from "../../../tools/setup/toml/edit.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createWorld, type Script } from "./support/world.ts";

const SECRET = "5a".repeat(24);
const PASSWORD = "dckr_pat_never-to-be-seen";
/** Host, account, token, lock, registries, hosts, their domain, layers, and yes. */
const EVERYTHING = [
  "mirror.example.org",
  "alice",
  PASSWORD,
  "path",
  "ghcr.io 1",
  "y",
  "",
  "y",
  "y",
];

async function run(script: Script, isDryRun = false) {
  const world = createWorld(script);
  const isDone = await setUp(world, isDryRun);
  return { ...world, isDone, transcript: world.said.join("\n") };
}

describe("everything that is asked for", () => {
  const script = { answers: EVERYTHING, verdicts: [{ kind: "accepted" as const }] };

  test("is in wrangler.toml afterwards", async () => {
    const { isDone, text } = await run(script);
    expect(isDone).toBe(true);
    expect(parseConfig(text)).toEqual({
      ...parseConfig(SHIPPED),
      workers_dev: false,
      routes: [
        { pattern: "mirror.example.org", custom_domain: true },
        { pattern: "quay.example.org", custom_domain: true },
        { pattern: "ghcr.example.org", custom_domain: true },
      ],
      r2_buckets: [{ binding: "BLOBS", bucket_name: "sampan-blobs" }],
      triggers: { crons: ["17 * * * *"] },
      vars: {
        ...(parseConfig(SHIPPED).vars as object),
        REGISTRIES: { "quay.io": "https://quay.io", "ghcr.io": "https://ghcr.io" },
        HOSTS: { "quay.example.org": "quay.io", "ghcr.example.org": "ghcr.io" },
      },
    });
  });

  test("is among the secrets, stored at once", async () => {
    const { stored } = await run(script);
    expect(stored).toEqual([
      {
        UPSTREAM_USERNAME: "alice",
        UPSTREAM_PASSWORD: PASSWORD,
        ACCESS_PATHS: `home=${SECRET}`,
      },
    ]);
  });

  test("is a configuration that the mirror takes", async () => {
    const { text, stored } = await run(script);
    const { vars } = parseConfig(text) as { vars: object };
    const config = readConfig({ CACHE: {}, ...vars, ...stored[0] } as unknown as Env);
    expect(config.registries.all.map(({ name }) => name)).toEqual([
      "docker.io",
      "quay.io",
      "ghcr.io",
    ]);
    expect(config.registries.byHost.get("ghcr.example.org")?.name).toBe("ghcr.io");
    expect(config.registries.primary.account).toEqual({ username: "alice", password: PASSWORD });
    expect(config.access.paths).toEqual([{ name: "home", secret: SECRET }]);
  });

  test("is shown before it is done: the lines that change, and the secrets' names", async () => {
    const { said } = await run(script);
    const beforeTheLastQuestion = said.slice(0, said.indexOf("Do this? [Y/n] ")).join("\n");
    expect(beforeTheLastQuestion).toContain(
      '+   { pattern = "mirror.example.org", custom_domain = true },',
    );
    expect(beforeTheLastQuestion).toContain("- # [[r2_buckets]]");
    expect(beforeTheLastQuestion).toContain("+ UPSTREAM_PASSWORD\n+ ACCESS_PATHS");
    expect(beforeTheLastQuestion).not.toContain(SECRET);
  });

  test("ends with the next command and what Docker is told", async () => {
    const { said } = await run(script);
    const last = said.at(-1);
    expect(last).toContain("npm run deploy");
    expect(last).toContain(`{ "registry-mirrors": ["https://mirror.example.org/${SECRET}"] }`);
    expect(last).toContain(`docker pull ghcr.example.org/${SECRET}/<owner>/<image>`);
  });

  test("never shows the account's token, and hides it while it is typed", async () => {
    const { transcript, hidden } = await run(script);
    expect(transcript).not.toContain(PASSWORD);
    expect(hidden).toEqual(["Access token (not shown): "]);
  });

  test("is neither written nor stored in a dry run", async () => {
    const { written, stored, transcript, isDone } = await run(
      { ...script, answers: EVERYTHING.slice(0, -1) },
      true,
    );
    expect([written, stored, isDone]).toEqual([[], [], true]);
    expect(transcript).toContain("+ [[r2_buckets]]");
    expect(transcript).toContain("Dry run");
  });
});

describe("Enter to every question", () => {
  const answers = ["", "", "", "", "", ""];

  test("locks a new mirror by a path secret and changes no line", async () => {
    const { written, stored } = await run({ answers });
    expect(written).toEqual([]);
    expect(stored).toEqual([{ ACCESS_PATHS: `home=${SECRET}` }]);
  });

  test("changes nothing on a mirror that is set up, and asks for no yes", async () => {
    const first = await run({ answers: EVERYTHING, verdicts: [{ kind: "accepted" }] });
    const { written, stored, transcript, isDone } = await run({
      answers: ["", "", "", "", "", ""],
      text: first.text,
      secrets: ["UPSTREAM_USERNAME", "UPSTREAM_PASSWORD", "ACCESS_PATHS"],
    });
    expect([written, stored, isDone]).toEqual([[], [], true]);
    expect(transcript).toContain("Nothing to change.");
    expect(transcript).not.toContain("Do this?");
  });

  test("is shown the present values as defaults", async () => {
    const first = await run({ answers: EVERYTHING, verdicts: [{ kind: "accepted" }] });
    const { said } = await run({
      answers: ["", "", "", "", "", ""],
      text: first.text,
      secrets: ["UPSTREAM_USERNAME", "UPSTREAM_PASSWORD", "ACCESS_PATHS"],
    });
    expect(said.filter((line) => line.endsWith("] "))).toEqual([
      "Host name, or workers.dev [mirror.example.org] ",
      "One is stored. Store another? [y/N] ",
      "Lock [keep] ",
      "Numbers or names, all, or none [quay.io ghcr.io] ",
      "Host names for them? [Y/n] ",
      "Keep layers in R2? [Y/n] ",
    ]);
  });
});

describe("one thing changed", () => {
  const PRESENT = ["UPSTREAM_USERNAME", "UPSTREAM_PASSWORD", "ACCESS_PATHS"];

  test("another domain takes the place of the first, and leaves other routes alone", async () => {
    const text = SHIPPED.replace(
      "# routes = [{",
      'routes = [\n  { pattern = "old.example.org", custom_domain = true },\n  "example.org/v2/*", # mine\n]\n# [{',
    );
    const { text: edited } = await run({
      answers: ["new.example.org", "", "", "", "", "y"],
      text,
      secrets: PRESENT,
    });
    expect(edited).toContain(
      'routes = [\n  "example.org/v2/*", # mine\n  { pattern = "new.example.org", custom_domain = true },\n]\n',
    );
    expect(edited).toContain("\nworkers_dev = false\n");
  });

  test("back to workers.dev, with its host names gone", async () => {
    const first = await run({ answers: EVERYTHING, verdicts: [{ kind: "accepted" }] });
    const { text } = await run({
      answers: ["workers.dev", "", "", "none", "n", "y"],
      text: first.text,
      secrets: PRESENT,
    });
    expect(parseConfig(text)).toEqual({
      ...parseConfig(SHIPPED),
      // Whoever warms tags goes on doing so.
      triggers: { crons: ["17 * * * *"] },
    });
  });

  test("the lock taken away deletes what is stored, and says what an open mirror means", async () => {
    const { stored, transcript } = await run({
      answers: ["", "", "none", "", "", "y"],
      secrets: [...PRESENT, "ACCESS_USERS"],
    });
    expect(stored).toEqual([{ ACCESS_PATHS: null, ACCESS_USERS: null }]);
    expect(transcript).toContain("- ACCESS_PATHS\n- ACCESS_USERS");
    expect(transcript).toContain("Then the mirror is open");
  });
});

describe("nothing is changed", () => {
  test.each(EVERYTHING.map((_, count) => [count]))("by Ctrl-C after %i answers", async (count) => {
    const world = createWorld({
      answers: EVERYTHING.slice(0, count),
      verdicts: [{ kind: "accepted" }],
    });
    await expect(setUp(world, false)).rejects.toThrow("Interrupted.");
    expect([world.written, world.stored]).toEqual([[], []]);
  });

  test("by no to the last question", async () => {
    const { written, stored, transcript } = await run({
      answers: [...EVERYTHING.slice(0, -1), "n"],
      verdicts: [{ kind: "accepted" }],
    });
    expect([written, stored]).toEqual([[], []]);
    expect(transcript).toContain("Nothing was changed.");
  });

  test("in a wrangler.toml that cannot be edited safely", async () => {
    const world = createWorld({
      answers: EVERYTHING,
      verdicts: [{ kind: "accepted" }],
      text: `${SHIPPED}\n[[routes]]\npattern = "a.example.org/*"\n`,
    });
    await expect(setUp(world, false)).rejects.toThrow(/Write by hand:\n\nroutes = /);
    expect([world.written, world.stored]).toEqual([[], []]);
  });

  test("in a wrangler.toml that was edited while questions were asked", async () => {
    const world = createWorld({ answers: EVERYTHING, verdicts: [{ kind: "accepted" }] });
    const { verify } = world;
    const changing = {
      ...world,
      async verify(account: Parameters<typeof verify>[0]) {
        world.text += "# mine\n";
        return verify(account);
      },
    };
    await expect(setUp(changing, false)).rejects.toThrow(/edited in the meantime/);
    expect([world.written, world.stored]).toEqual([[], []]);
  });
});

describe("secrets that cannot be stored", () => {
  test("are told, with what to do before the deploy, which is not proposed", async () => {
    const { isDone, written, transcript } = await run({
      answers: EVERYTHING,
      verdicts: [{ kind: "accepted" }],
      storeError: "you are not logged in.",
    });
    expect(isDone).toBe(false);
    expect(written).toHaveLength(1);
    expect(transcript).toContain("NOT stored: you are not logged in.");
    expect(transcript).toContain("npx wrangler login");
    expect(transcript).not.toContain("npm run deploy");
  });

  test("are foretold, and then Enter leaves the lock as it is", async () => {
    const { transcript, stored } = await run({
      answers: ["", "", "", "", ""],
      secrets: "you are not logged in.",
    });
    expect(transcript).toContain("end this with Ctrl-C, run  npx wrangler login");
    expect(stored).toEqual([]);
  });
});
