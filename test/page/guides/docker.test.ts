import { describe, expect, test } from "vitest";
import { desktopGuide, dockerGuide } from "../../../src/page/guides/docker.ts";
import { LOCAL, MANY, OPEN, QUAY, SECRET, SECRET_PATH, USERS } from "../facts-for-test.ts";
import { codesOf, codeWith, saidBy, texts } from "./guide-for-test.ts";
import { createSandbox } from "./sandbox.ts";

const DAEMON = "etc/docker/daemon.json";
const RELOADED = ["systemctl reload docker"];
const { docker } = texts;

function mergeCommand(facts = OPEN): string {
  return codeWith(dockerGuide(facts, texts), "python3");
}

describe("the command that merges daemon.json", () => {
  test("makes the file, and its directory, where there is none", () => {
    const { run, read } = createSandbox();
    expect(run(mergeCommand())).toEqual({ status: 0, stderr: "", done: RELOADED });
    expect(JSON.parse(read(DAEMON) ?? "")).toEqual({
      "registry-mirrors": ["https://mirror.example.com"],
    });
    expect(read(`${DAEMON}.old`)).toBeNull();
  });

  test.each(["", " \n", "{}", "{ }\n"])("fills a file that holds %j", (text) => {
    const { run, read, write } = createSandbox();
    write(DAEMON, text);
    expect(run(mergeCommand())).toEqual({ status: 0, stderr: "", done: RELOADED });
    expect(JSON.parse(read(DAEMON) ?? "")).toEqual({
      "registry-mirrors": ["https://mirror.example.com"],
    });
  });

  test("keeps all that is there, in its order, and asks this mirror first", () => {
    const { run, read, write } = createSandbox();
    const old = `{
      "log-driver": "json-file", "labels": ["ort=中国"],
      "registry-mirrors": ["https://other.example.com"],
      "log-opts": { "max-size": "10m" }
    }`;
    write(DAEMON, old);
    expect(run(mergeCommand()).status).toBe(0);
    const merged = JSON.parse(read(DAEMON) ?? "");
    expect(merged).toEqual({
      "log-driver": "json-file",
      labels: ["ort=中国"],
      "registry-mirrors": ["https://mirror.example.com", "https://other.example.com"],
      "log-opts": { "max-size": "10m" },
    });
    expect(Object.keys(merged)).toEqual(Object.keys(JSON.parse(old)));
    expect(read(`${DAEMON}.old`)).toBe(old);
  });

  test("run again, changes nothing, not even the copy of the old file", () => {
    const { run, read, write } = createSandbox();
    write(DAEMON, '{"debug":true}');
    run(mergeCommand());
    const merged = read(DAEMON);
    expect(run(mergeCommand()).done).toEqual([...RELOADED, ...RELOADED]);
    expect(read(DAEMON)).toBe(merged);
    expect(read(`${DAEMON}.old`)).toBe('{"debug":true}');
  });

  test("takes a setting that is null for an empty one", () => {
    const { run, read, write } = createSandbox();
    write(DAEMON, '{"registry-mirrors": null}');
    expect(run(mergeCommand())).toEqual({ status: 0, stderr: "", done: RELOADED });
    expect(JSON.parse(read(DAEMON) ?? "")).toEqual({
      "registry-mirrors": ["https://mirror.example.com"],
    });
  });

  test("knows this mirror with a slash at its end, and changes nothing then", () => {
    const { run, read, write } = createSandbox();
    const text = '{"registry-mirrors":["https://a.example.com","https://mirror.example.com/"]}';
    write(DAEMON, text);
    expect(run(mergeCommand())).toEqual({ status: 0, stderr: "", done: RELOADED });
    expect(read(DAEMON)).toBe(text);
  });

  test.each([
    '{"debug": true,}',
    "\u{fffd}",
    "[]",
    '["registry-mirrors"]',
    "null",
    '{"registry-mirrors": "https://x"}',
    '{"registry-mirrors": "https://mirror.example.com"}',
    '{"registry-mirrors": ""}',
    '{"registry-mirrors": {}}',
    '{"registry-mirrors": true}',
    '{"registry-mirrors": [1]}',
  ])("leaves a file alone that it does not understand, and Docker as it is: %s", (text) => {
    const { run, read, write } = createSandbox();
    write(DAEMON, text);
    const { status, stderr, done } = run(mergeCommand());
    expect([status, done]).toEqual([1, []]);
    expect(stderr).toMatch(
      /^\S+\/daemon\.json is not valid JSON, or has no list where one belongs: nothing was changed\.\n$/,
    );
    expect(read(DAEMON)).toBe(text);
    expect(read(`${DAEMON}.old`)).toBeNull();
  });

  test("has the path secret, and over http what Docker calls insecure", () => {
    const { run, read } = createSandbox();
    run(mergeCommand(SECRET_PATH));
    run(mergeCommand(LOCAL));
    expect(JSON.parse(read(DAEMON) ?? "")).toEqual({
      "registry-mirrors": ["http://localhost:8787", `https://mirror.example.com/${SECRET}`],
      "insecure-registries": ["localhost:8787"],
    });
  });
});

describe("Docker on Linux", () => {
  test("is set up by command or by hand, then pulls plain names", () => {
    const guide = dockerGuide(OPEN, texts);
    expect(saidBy(guide)).toEqual([docker.merge, docker.byHand, docker.plain, docker.direct]);
    expect(codesOf(guide).slice(1)).toEqual([
      [
        "/etc/docker/daemon.json",
        '{\n  "registry-mirrors": [\n    "https://mirror.example.com"\n  ]\n}',
      ],
      ["Shell", "docker pull nginx"],
      ["Shell", "docker pull mirror.example.com/nginx"],
    ]);
  });

  test("is warned of an old version before a path goes into its file", () => {
    const guide = dockerGuide(SECRET_PATH, texts);
    expect(saidBy(guide)[0]).toBe(docker.old);
    expect(docker.old).toContain("Docker 24 and older");
    expect(codesOf(guide).at(-1)?.[1]).toBe(`docker pull mirror.example.com/${SECRET}/nginx`);
    expect(saidBy(dockerGuide(OPEN, texts))).not.toContain(docker.old);
  });

  test("logs in and pulls by name where users alone get in", () => {
    const guide = dockerGuide(USERS, texts);
    expect(saidBy(guide)).toEqual([texts.status.login, texts.guides.byName]);
    expect(codesOf(guide).map(([, text]) => text)).toEqual([
      "docker login mirror.example.com",
      "docker pull mirror.example.com/nginx",
    ]);
  });

  test("pulls other registries by name, and another registry's mirror by name alone", () => {
    expect(codesOf(dockerGuide(MANY, texts)).at(-1)?.[1]).toBe(
      "docker pull mirror.example.com/ghcr.io/owner/image\n" +
        "docker pull mirror.example.com/quay.io/owner/image",
    );
    const quay = dockerGuide(QUAY, texts);
    expect(saidBy(quay)).toEqual([docker.hubOnly]);
    expect(codesOf(quay)).toEqual([["Shell", "docker pull mirror.example.com/owner/image"]]);
  });

  test("can log in with an upstream account, unless a path secret hides what to log in to", () => {
    const guide = dockerGuide({ ...OPEN, hasUpstreamLogin: true }, texts);
    expect(saidBy(guide).at(-1)).toBe(docker.ownLogin("Docker Hub"));
    expect(codesOf(guide).at(-1)?.[1]).toBe("docker login mirror.example.com");
    const hidden = dockerGuide({ ...SECRET_PATH, hasUpstreamLogin: true }, texts);
    expect(codeWith(hidden, "docker login")).toBe("");
  });
});

describe("Docker Desktop", () => {
  test("merges the same settings into its own JSON", () => {
    expect(desktopGuide(LOCAL, texts)?.steps).toEqual([
      {
        text: texts.desktop.merge,
        code: {
          title: "JSON",
          text: `{
  "registry-mirrors": [
    "http://localhost:8787"
  ],
  "insecure-registries": [
    "localhost:8787"
  ]
}`,
        },
      },
    ]);
    expect(desktopGuide(SECRET_PATH, texts)?.steps[0]?.text).toBe(docker.old);
  });

  test("is not mentioned where it has nothing to set", () => {
    expect([desktopGuide(USERS, texts), desktopGuide(QUAY, texts)]).toEqual([null, null]);
  });
});
