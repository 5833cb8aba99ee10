import { expect, test } from "vitest";
import { type CurrentConfig, readCurrentConfig } from "../../../tools/setup/current.ts";
import { nextSteps as stepsOf } from "../../../tools/setup/next-steps.ts";
import type { Answers } from "../../../tools/setup/plan.ts";
import { textsIn } from "../../../tools/setup/texts.ts";
import { SHIPPED } from "../../support/repository.ts";

const english = textsIn("en");
const current = readCurrentConfig(SHIPPED, []);
const answers: Answers = {
  domain: "mirror.example.com",
  account: null,
  privateImages: "check",
  lock: { kind: "none" },
  registries: {},
  hosts: {},
  hasBlobs: false,
  hasSearch: false,
};
const byPath = { ...answers, lock: { kind: "path", secret: "s3cret" } } as const;
const byUser = { ...answers, lock: { kind: "user", name: "alice", token: "t0ken" } } as const;
const nextSteps = (config: CurrentConfig, given: Answers) => stepsOf(english, config, given, false);
const asStored = { ...answers, lock: { kind: "keep" } } as const;

test("an open mirror is the plain host in daemon.json", () => {
  const text = nextSteps(current, answers);
  expect(text).toMatch(/^Next:\n\n {2}npm run deploy\n/);
  expect(text).toContain('{ "registry-mirrors": ["https://mirror.example.com"] }\n');
  expect(text).not.toContain("secret");
  expect(text).toContain("  MIRROR_URL=https://mirror.example.com npm run doctor\n");
  expect(text).not.toContain("Docker 24");
});

test("the mirror's own page is mentioned where the client can see it", () => {
  expect(nextSteps(current, byPath)).toContain(
    "https://mirror.example.com/s3cret/ and docs/access.md",
  );
  expect(nextSteps(current, byUser)).not.toContain("https://mirror.example.com/ and");
  const off = readCurrentConfig(`${SHIPPED}\n[vars]\nHOME_PAGE = "off"\n`, []);
  expect(nextSteps(off, answers)).not.toContain("https://mirror.example.com/ and");
});

test("on workers.dev the address begins with the Worker's name", () => {
  const text = nextSteps({ ...current, worker: "boat" }, { ...answers, domain: null });
  expect(text).toContain('["https://boat.<your subdomain>.workers.dev"]');
});

test("a mirror that setup has deployed is not deployed again", () => {
  const text = stepsOf(english, current, { ...answers, domain: null }, true);
  expect(text).toMatch(/^The mirror is deployed\.\n/);
  expect(text).not.toContain("npm run deploy");
});

test("a new path secret is part of every address, and is shown only now", () => {
  const text = nextSteps(current, {
    ...byPath,
    registries: { "quay.io": "https://quay.io", "ghcr.io": "https://ghcr.io" },
    hosts: { "quay.example.com": "quay.io" },
  });
  expect(text).toContain('["https://mirror.example.com/s3cret"]');
  expect(text).toContain("docker pull quay.example.com/s3cret/<owner>/<image>");
  expect(text).toContain("docker pull mirror.example.com/s3cret/ghcr.io/<owner>/<image>");
  expect(text).toContain('  read -r MIRROR_URL\n  MIRROR_URL="$MIRROR_URL" npm run doctor\n');
  expect(text).not.toMatch(/npm run .*s3cret/);
  expect(text).toContain("It is shown only now.");
  expect(text).toContain(
    "Docker 24 and older accept no path there. They pull by name:\n\n" +
      "  docker pull mirror.example.com/s3cret/busybox\n",
  );
});

test("a path secret that is kept is unknown, and has a placeholder", () => {
  const text = nextSteps({ ...current, secrets: ["ACCESS_PATHS"] }, asStored);
  expect(text).toContain('["https://mirror.example.com/<your path secret>"]');
  expect(text).toContain("docker pull mirror.example.com/<your path secret>/busybox\n");
});

test("a user logs in and pulls by name, because Docker sends no login to a mirror", () => {
  const text = nextSteps(current, byUser);
  expect(text).toContain(
    "docker login -u alice mirror.example.com\n  docker pull mirror.example.com/busybox",
  );
  expect(text).toContain("Token: t0ken");
  expect(text).not.toContain('"registry-mirrors":');
});

test("users that are kept log in as before", () => {
  const text = nextSteps({ ...current, secrets: ["ACCESS_USERS"] }, asStored);
  expect(text).toContain("docker login mirror.example.com\n");
});
