import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { DEFAULTS } from "../../src/config/settings.ts";
import { ROOT, readOwn, SHIPPED } from "../support/repository.ts";

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
  // README.md may refer to docs/configuration.md instead.
  const isOptional = file === "README.md" && settings.length === 0;

  test.skipIf(isOptional)("has every setting and binding once, and nothing else", () => {
    const names = settings.map(({ name }) => name).sort();
    expect(names).toEqual([...BINDINGS, ...Object.keys(DEFAULTS)].sort());
  });

  test.skipIf(isOptional)("has the default of each setting", () => {
    expect(settings.filter((setting) => !hasItsDefault(setting))).toEqual([]);
  });

  test.skipIf(isOptional)("marks the secrets and the KV binding", () => {
    const secrets = settings.filter(({ kind }) => kind.includes("secret")).map(({ name }) => name);
    expect(secrets.sort()).toEqual(SECRETS);
    expect(settings.find(({ name }) => name === "CACHE")?.kind).toBe("KV binding");
  });
});

describe("wrangler.toml", () => {
  test.each(["wrangler.toml", "mirror.toml"])(
    "or %s has settings and no secrets in its vars, even after its owner has edited it",
    (file) => {
      const text = existsSync(join(ROOT, file)) ? readOwn(file) : "";
      const isSetting = (name: string) => name in DEFAULTS && !SECRETS.includes(name);
      expect(Object.keys(varsIn(text) ?? {}).filter((name) => !isSetting(name))).toEqual([]);
    },
  );

  test("ships without vars, and shows the defaults of the most important ones", () => {
    expect(varsIn(SHIPPED)).toBeUndefined();
    const [, block = ""] = /^(# \[vars\]\n(?:#.*\n)*)/m.exec(SHIPPED) ?? [];
    const vars = varsIn(block.replaceAll(/^# (?=\[|\w+ = )/gm, "")) ?? {};
    expect(Object.keys(vars)).toHaveLength(6);
    expect(DEFAULTS).toMatchObject(vars);
  });

  test("ships with the bindings that src/config/bindings.toml has, on or commented out", () => {
    const everything = SHIPPED.replaceAll(/^# (?=\[|\w+ = |"[\w.]+" = )/gm, "");
    const { env } = parse(readOwn("src/config/bindings.toml")) as { env: { bound: object } };
    expect(parse(everything)).toMatchObject(env.bound);
    expect(SHIPPED.match(/^#? ?(?:binding|name) = "[A-Z_]+"$/gm)).toHaveLength(BINDINGS.length);
  });
});

/** @returns the rows of the Markdown table with the columns name, kind, default. */
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

/** A default is a value in backticks and nothing else. Without a default, the cell is prose. */
function hasItsDefault({ name, default: cell }: Setting): boolean {
  const value = Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name as keyof typeof DEFAULTS] : null;
  return value === null ? !/^`[^`]*`$/.test(cell) : cell === `\`${value}\``;
}

function varsIn(toml: string): { readonly [name: string]: unknown } | undefined {
  return (parse(toml) as { readonly vars?: { readonly [name: string]: unknown } }).vars;
}
