import { describe, expect, test } from "vitest";
import { dockerGuide, nasGuide } from "../../../src/page/guides/docker.ts";
import { en } from "../../../src/page/texts/en.ts";
import { LOCAL, MANY, OPEN, QUAY, SECRET, SECRET_PATH, USERS } from "../fixtures.ts";
import { createSandbox, type Outcome, snippetsOf, snippetWith, stepTextsOf } from "./sandbox.ts";

const { docker, guides } = en;

describe("the command that creates daemon.json", () => {
  const path = "etc/docker/daemon.json";
  const createCommand = (facts = OPEN) => snippetWith(dockerGuide(facts, en), "sudo sh");

  test("creates the file and its directory, and reloads Docker", () => {
    const { run, read } = createSandbox();
    const created: Outcome = { status: 0, stderr: "", calls: ["systemctl reload docker"] };
    expect(run(createCommand())).toEqual(created);
    expect(JSON.parse(read(path) ?? "")).toEqual({
      "registry-mirrors": ["https://mirror.example.com"],
    });
  });

  test.each(["", '{"debug":true}'])("changes no file that exists: %j", (text) => {
    const { run, read, write } = createSandbox();
    write(path, text);
    const { status, stderr, calls } = run(createCommand());
    expect(status).not.toBe(0);
    expect(calls).toEqual([]);
    expect(stderr).toMatch(/daemon\.json: (?:File exists|cannot overwrite existing file)/);
    expect(read(path)).toBe(text);
  });

  test("has the address of the file: with the path secret, or http on this machine", () => {
    for (const facts of [SECRET_PATH, LOCAL]) {
      const { run, read } = createSandbox();
      run(createCommand(facts));
      const [, file = ""] = snippetsOf(dockerGuide(facts, en))[0] ?? [];
      expect(JSON.parse(read(path) ?? "")).toEqual(JSON.parse(file));
    }
    expect(createCommand(SECRET_PATH)).toContain(`https://mirror.example.com/${SECRET}`);
    expect(createCommand(LOCAL)).toContain("http://localhost:8787");
  });
});

describe("Docker", () => {
  test("has a file, then a closed script, then pulls plain names", () => {
    const guide = dockerGuide(OPEN, en);
    expect(stepTextsOf(guide)).toEqual([docker.linux, docker.desktop, docker.plain, guides.byName]);
    expect(guide.steps[2]?.html).toMatch(
      `<details class="fold"><summary>${guides.script}</summary><div><div class="code">`,
    );
    expect(snippetsOf(guide).filter(([, text]) => !text.includes("sudo sh"))).toEqual([
      ["daemon.json", '{\n  "registry-mirrors": [\n    "https://mirror.example.com"\n  ]\n}'],
      ["Shell", "docker pull nginx"],
      ["Shell", "docker pull mirror.example.com/nginx"],
    ]);
  });

  test("warns of old versions before it writes a path into the file", () => {
    const guide = dockerGuide(SECRET_PATH, en);
    expect(stepTextsOf(guide)[0]).toBe(docker.old);
    expect(docker.old).toContain("Docker 24 and older");
    expect(snippetsOf(guide).at(-1)?.[1]).toBe(`docker pull mirror.example.com/${SECRET}/nginx`);
    expect(stepTextsOf(dockerGuide(OPEN, en))).not.toContain(docker.old);
  });

  test("logs in and pulls by full name if only users have access", () => {
    const guide = dockerGuide(USERS, en);
    expect(stepTextsOf(guide)).toEqual([`${en.status.login}:`, guides.byName]);
    expect(snippetsOf(guide).map(([, text]) => text)).toEqual([
      "docker login mirror.example.com",
      "docker pull mirror.example.com/nginx",
    ]);
  });

  test("pulls from other registries by full name only", () => {
    expect(snippetsOf(dockerGuide(MANY, en)).at(-1)?.[1]).toBe(
      "docker pull mirror.example.com/ghcr.io/owner/image\n" +
        "docker pull mirror.example.com/quay.io/owner/image",
    );
    const quay = dockerGuide(QUAY, en);
    expect(stepTextsOf(quay)).toEqual([guides.byName]);
    expect(snippetsOf(quay)).toEqual([["Shell", "docker pull mirror.example.com/owner/image"]]);
  });

  test("logs in with an upstream account, except with a path secret", () => {
    const guide = dockerGuide({ ...OPEN, hasUpstreamLogin: true }, en);
    expect(stepTextsOf(guide).at(-1)).toBe(docker.ownLogin("Docker Hub"));
    expect(snippetsOf(guide).at(-1)?.[1]).toBe("docker login mirror.example.com");
    const hidden = dockerGuide({ ...SECRET_PATH, hasUpstreamLogin: true }, en);
    expect(snippetWith(hidden, "docker login")).toBe("");
  });
});

describe("a NAS", () => {
  const byName = [
    ["compose.yaml", "image: mirror.example.com/nginx"],
    ["Shell", "sudo docker pull mirror.example.com/nginx"],
  ];

  test("has a field for the mirror's URL, and pulls by full name without it", () => {
    const guide = nasGuide(OPEN, en);
    expect(snippetsOf(guide)).toEqual([["URL", "https://mirror.example.com"], ...byName]);
    expect(stepTextsOf(guide).map((text) => text.slice(0, 7))).toEqual([
      "Synolog",
      "fnOS: D",
      "Or merg",
      "DSM 7.2",
      "DSM 7.0",
      "QNAP: `",
      "Unraid:",
      "By the ",
    ]);
  });

  test("gets no URL with a path secret, which its Docker may be too old for", () => {
    expect(snippetsOf(nasGuide(SECRET_PATH, en))).toEqual([
      ["compose.yaml", `image: mirror.example.com/${SECRET}/nginx`],
      ["Shell", `sudo docker pull mirror.example.com/${SECRET}/nginx`],
    ]);
  });

  test("pulls from another registry by full name only", () => {
    expect(snippetsOf(nasGuide(QUAY, en))[0]?.[0]).toBe("compose.yaml");
  });
});
