import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { DEFAULTS } from "../../src/env.ts";
import { readOwn, SHIPPED } from "../support/repository.ts";

/** One row of a table of settings. */
interface Setting {
  readonly name: string;
  readonly kind: string;
  readonly default: string;
}

const SECRETS = [
  "ACCESS_PATHS",
  "ACCESS_USERS",
  "LOGIN_KEY",
  "REGISTRY_ACCOUNTS",
  "UPSTREAM_PASSWORD",
  "UPSTREAM_USERNAME",
];
const BINDINGS = ["BLOBS", "CACHE", "METRICS", "RATE_LIMIT"];

describe.each(["docs/configuration.md", "README.md"])("the table of settings in %s", (file) => {
  const settings = settingsIn(readOwn(file));
  const isOptional = file === "README.md" && settings.length === 0;

  test.skipIf(isOptional)("names what the mirror reads, each once, and nothing else", () => {
    const names = settings.map(({ name }) => name).sort();
    expect(names).toEqual([...BINDINGS, ...Object.keys(DEFAULTS)].sort());
  });

  test.skipIf(isOptional)("tells every default, and none where there is none", () => {
    expect(wrongDefaults(settings)).toEqual([]);
  });

  test.skipIf(isOptional)("tells what is a secret", () => {
    const secrets = settings.filter(({ kind }) => kind.includes("secret")).map(({ name }) => name);
    expect(secrets.sort()).toEqual(SECRETS);
    expect(settings.find(({ name }) => name === "CACHE")?.kind).toBe("KV binding");
  });
});

describe("wrangler.toml", () => {
  test("has settings among its vars, and no secret, whoever has edited it", () => {
    for (const name of Object.keys(varsIn(readOwn("wrangler.toml")))) {
      expect(SECRETS).not.toContain(name);
      expect(Object.keys(DEFAULTS)).toContain(name);
    }
  });

  test("ships with vars at their defaults", () => {
    const vars = varsIn(SHIPPED);
    expect(Object.keys(vars).length).toBeGreaterThan(0);
    expect(DEFAULTS).toMatchObject(vars);
  });
});

describe("these checks notice", () => {
  const table = (rows: string) =>
    `# X\n\n| name | kind | default | meaning |\n|---|---|---|---|\n${rows}\n`;
  const row = "| `TAG_TTL_SECONDS` | var | `60` | how long |";

  test("a row that is missing or too many", () => {
    expect(settingsIn(table(row))).toEqual([
      { name: "TAG_TTL_SECONDS", kind: "var", default: "`60`" },
    ]);
    expect(settingsIn(table(`${row}\n| \`NEW\` | var | – | x |`)).map(({ name }) => name)).toEqual([
      "TAG_TTL_SECONDS",
      "NEW",
    ]);
  });

  test("a table of something else, which is none of settings", () => {
    expect(settingsIn("| | Sampan |\n|---|---|\n| account | yes |\n")).toEqual([]);
  });

  test.each([
    ["another default", "| `TAG_TTL_SECONDS` | var | `61` | x |"],
    ["a default that is left out", "| `TAG_TTL_SECONDS` | var | – | x |"],
    ["a default that is not there", "| `UPSTREAM_PASSWORD` | secret | `hunter2` | x |"],
    ["a default for what is bound", "| `CACHE` | KV binding | `x` | x |"],
  ])("%s", (_, wrong) => {
    expect(wrongDefaults(settingsIn(table(wrong)))).toHaveLength(1);
    expect(wrongDefaults(settingsIn(table(row)))).toEqual([]);
  });
});

/** @returns the rows of the Markdown table whose columns are name, kind, default, meaning. */
function settingsIn(markdown: string): Setting[] {
  const lines = markdown.split("\n");
  const header = lines.findIndex(
    (line) => cellsOf(line).slice(0, 3).join() === "name,kind,default",
  );
  if (header === -1) return [];
  const rest = lines.slice(header + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end === -1 ? undefined : end).map((line) => {
    const [name = "", kind = "", standard = ""] = cellsOf(line);
    return { name: /^`(\w+)`$/.exec(name)?.[1] ?? name, kind, default: standard };
  });
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** A default is a value in backticks and nothing else; other words tell what it depends on. */
function wrongDefaults(settings: readonly Setting[]): Setting[] {
  return settings.filter(({ name, default: told }) => {
    const value = Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name as keyof typeof DEFAULTS] : null;
    return value === null ? /^`[^`]*`$/.test(told) : told !== `\`${value}\``;
  });
}

function varsIn(toml: string): { readonly [name: string]: unknown } {
  return (parse(toml) as { readonly vars: { readonly [name: string]: unknown } }).vars;
}
