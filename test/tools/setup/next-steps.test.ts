import { expect, test } from "vitest";
import type { Answers } from "../../../tools/setup/interview.ts";
import { nextSteps } from "../../../tools/setup/next-steps.ts";
import { readPresent } from "../../../tools/setup/present.ts";
import { SHIPPED } from "../../support/repository.ts";

const present = readPresent(SHIPPED, []);
const answers: Answers = {
  domain: "mirror.example.com",
  account: null,
  lock: { kind: "none" },
  registries: {},
  hosts: {},
  hasBlobs: false,
};

test("an open mirror stands in daemon.json by its host alone", () => {
  const text = nextSteps(present, answers);
  expect(text).toMatch(/^Next:\n\n {2}npm run deploy\n/);
  expect(text).toContain('{ "registry-mirrors": ["https://mirror.example.com"] }\n');
  expect(text).not.toContain("secret");
  expect(text).not.toContain("Docker 24");
});

test("the mirror's own page is named where it is shown", () => {
  const path = { ...answers, lock: { kind: "path", secret: "s3cret" } as const };
  const user = { ...answers, lock: { kind: "user", name: "a", token: "b" } as const };
  expect(nextSteps(present, path)).toContain(
    "https://mirror.example.com/s3cret/ and docs/access.md",
  );
  expect(nextSteps(present, user)).not.toContain("https://mirror.example.com/ and");
  const off = readPresent(SHIPPED.replace("[vars]", '[vars]\nHOME_PAGE = "off"'), []);
  expect(nextSteps(off, answers)).not.toContain("https://mirror.example.com/ and");
});

test("the doctor is given the whole address", () => {
  const path = { ...answers, lock: { kind: "path", secret: "s3cret" } as const };
  expect(nextSteps(present, path)).toContain(
    "npm run doctor -- https://mirror.example.com/s3cret\n",
  );
});

test("on workers.dev the Worker's name is the beginning of the address", () => {
  const text = nextSteps({ ...present, worker: "boat" }, { ...answers, domain: null });
  expect(text).toContain('["https://boat.<your subdomain>.workers.dev"]');
});

test("a new path secret is a part of every address, and said to be shown once", () => {
  const text = nextSteps(present, {
    ...answers,
    lock: { kind: "path", secret: "s3cret" },
    registries: { "quay.io": "https://quay.io", "ghcr.io": "https://ghcr.io" },
    hosts: { "quay.example.com": "quay.io" },
  });
  expect(text).toContain('["https://mirror.example.com/s3cret"]');
  expect(text).toContain("docker pull quay.example.com/s3cret/<owner>/<image>");
  expect(text).toContain("docker pull mirror.example.com/s3cret/ghcr.io/<owner>/<image>");
  expect(text).toContain("shown this once");
  expect(text).toContain(
    "Docker 24 and older take no path there, and pull by name:\n\n" +
      "  docker pull mirror.example.com/s3cret/busybox\n",
  );
});

test("a path secret that is kept is not known, and has its place", () => {
  const text = nextSteps(
    { ...present, secrets: ["ACCESS_PATHS"] },
    { ...answers, lock: { kind: "keep" } },
  );
  expect(text).toContain('["https://mirror.example.com/<your path secret>"]');
  expect(text).toContain("docker pull mirror.example.com/<your path secret>/busybox\n");
});

test("a user logs in and pulls by name, since Docker sends no login to a mirror", () => {
  const text = nextSteps(present, {
    ...answers,
    lock: { kind: "user", name: "alice", token: "t0ken" },
  });
  expect(text).toContain(
    "docker login -u alice mirror.example.com\n  docker pull mirror.example.com/busybox",
  );
  expect(text).toContain("Token: t0ken");
  expect(text).not.toContain('"registry-mirrors":');
});

test("users that are kept log in as before", () => {
  const text = nextSteps(
    { ...present, secrets: ["ACCESS_USERS"] },
    { ...answers, lock: { kind: "keep" } },
  );
  expect(text).toContain("docker login mirror.example.com\n");
});
