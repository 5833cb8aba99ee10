import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { applyEdit, type Edit, parseConfig } from "../../../tools/setup/toml/edit.ts";
import { scan } from "../../../tools/setup/toml/lines.ts";
import { type Value, writeEntry } from "../../../tools/setup/toml/value.ts";
import { SHIPPED } from "../../support/repository.ts";

const key = (name: string, value: Value | null): Edit => ({ kind: "key", key: name, value });
const table = (path: string, entries: { [key: string]: Value } | null): Edit => ({
  kind: "table",
  path: path.split("."),
  entries,
});
const bucket = (entries: { [key: string]: Value } | null): Edit => ({
  kind: "element",
  array: "r2_buckets",
  id: ["binding", "BLOBS"],
  entries,
});
const own = { pattern: "mirror.example.org", custom_domain: true };
const quay = { pattern: "quay.example.org", custom_domain: true };
const blobs = { binding: "BLOBS", bucket_name: "sampan-blobs" };

/** Every part of the shipped file that setup turns on and off. */
const PARTS: [string, Edit, Edit][] = [
  ["routes", key("routes", [own]), key("routes", null)],
  ["several routes", key("routes", [own, quay]), key("routes", null)],
  ["workers_dev", key("workers_dev", false), key("workers_dev", true)],
  ["r2_buckets", bucket(blobs), bucket(null)],
  [
    "vars.REGISTRIES",
    table("vars.REGISTRIES", { "ghcr.io": "https://ghcr.io" }),
    table("vars.REGISTRIES", null),
  ],
  ["vars.HOSTS", table("vars.HOSTS", { "quay.example.org": "quay.io" }), table("vars.HOSTS", null)],
];

/** As an owner has it who edits wrangler.toml. */
const WITH_VARS = SHIPPED.replace("# [vars]\n", "[vars]\nTAG_TTL_SECONDS = 60\n");

describe.each([
  ["the shipped file", SHIPPED],
  ["a file with vars", WITH_VARS],
])("in %s", (_, file) => {
  describe.each(PARTS)("%s", (_, on, off) => {
    const edited = applyEdit(file, on);

    test("is turned on without any other change of meaning", () => {
      expect(parseConfig(edited)).not.toEqual(parseConfig(file));
      const others = (text: string) => ({ ...parseConfig(text), ...ignored(on, file) });
      expect(others(edited)).toEqual(others(file));
    });

    test("is turned on, and every comment stays", () => {
      const prose = file.split("\n").filter((line) => /^# [A-Z`].*[.:]$/.test(line));
      expect(prose.length).toBeGreaterThan(10);
      expect(edited.split("\n").filter((line) => prose.includes(line))).toEqual(prose);
    });

    test("is turned on only once", () => {
      expect(applyEdit(edited, on)).toBe(edited);
    });

    test("is turned off again without a trace in the meaning", () => {
      const back = applyEdit(edited, off);
      expect({ vars: {}, ...parseConfig(back) }).toEqual({ vars: {}, ...parseConfig(file) });
      expect(applyEdit(back, off)).toBe(back);
      expect(applyEdit(back, on)).toBe(edited);
    });
  });
});

describe("the shipped file", () => {
  test("is the same text after a part without examples is turned on and off", () => {
    for (const [, on, off] of PARTS.filter(([name]) => /workers_dev|r2/.test(name))) {
      expect(applyEdit(applyEdit(SHIPPED, on), off)).toBe(SHIPPED);
    }
  });

  test("is the same after all edits in any order", () => {
    const edits = PARTS.map(([, on]) => on).filter((edit) => edit !== PARTS[0]?.[1]);
    const forth = parseConfig(edits.reduce(applyEdit, SHIPPED));
    expect(parseConfig(edits.toReversed().reduce(applyEdit, SHIPPED))).toEqual(forth);
    expect(forth).toMatchObject({
      workers_dev: false,
      routes: [own, quay],
      r2_buckets: [blobs],
      vars: {
        REGISTRIES: { "ghcr.io": "https://ghcr.io" },
        HOSTS: { "quay.example.org": "quay.io" },
      },
      observability: { logs: { invocation_logs: false } },
    });
  });
});

test("after any sequence of edits, the last edit of each part holds", () => {
  const edits = PARTS.flatMap(([, on, off]) => [on, off]);
  const next = randomNumbers(2026);
  for (let run = 0; run < 100; run += 1) {
    const sequence = Array.from({ length: 12 }, () => edits[next() % edits.length]);
    const last = new Map(sequence.flatMap((edit) => (edit ? [[partOf(edit), edit]] : [])));
    const text = sequence.reduce((so, edit) => (edit ? applyEdit(so, edit) : so), SHIPPED);
    const direct = [...last.values()].reduce(applyEdit, SHIPPED);
    expect({ vars: {}, ...parseConfig(text) }).toEqual({ vars: {}, ...parseConfig(direct) });
  }
});

describe("a key of a table", () => {
  const search = (value: Value | null): Edit => ({
    kind: "key",
    table: "vars",
    key: "SEARCH",
    value,
  });

  test("is added to the table, before the next one", () => {
    expect(applyEdit("[vars]\nA = 1 # why\n\n[vars.HOSTS]\n", search("on"))).toBe(
      '[vars]\nA = 1 # why\nSEARCH = "on"\n\n[vars.HOSTS]\n',
    );
  });

  test("is in a new table at the end if the file has none", () => {
    expect(applyEdit("a = 1\n", search("on"))).toBe('a = 1\n\n[vars]\nSEARCH = "on"\n');
    expect(applyEdit("a = 1\n", search(null))).toBe("a = 1\n");
  });

  test("is to be written by hand if the table is in another form", () => {
    expect(() => applyEdit("vars = { A = 1 }\n", search("on"))).toThrow(
      'Write by hand:\n\n[vars]\nSEARCH = "on"\n',
    );
  });
});

describe("a table", () => {
  const HOSTS = '[vars.HOSTS] # hosts\n# why\n"c.d" = "ghcr.io" # mine\n\n[dev]\nport = 1\n';

  test("has the wanted entries, and no others", () => {
    expect(applyEdit(HOSTS, table("vars.HOSTS", { "a.b": "quay.io" }))).toBe(
      '[vars.HOSTS] # hosts\n# why\n"a.b" = "quay.io"\n\n[dev]\nport = 1\n',
    );
  });

  test("gets another value, and keeps the lines around it", () => {
    expect(applyEdit(HOSTS, table("vars.HOSTS", { "c.d": "gcr.io" }))).toBe(
      '[vars.HOSTS] # hosts\n# why\n"c.d" = "gcr.io"\n\n[dev]\nport = 1\n',
    );
  });

  test("is removed with the blank line above it", () => {
    expect(applyEdit(`a = 1\n\n${HOSTS}`, table("vars.HOSTS", null))).toBe(
      "a = 1\n\n[dev]\nport = 1\n",
    );
  });

  test("gets new entries after its last entry", () => {
    const wanted = { "c.d": "ghcr.io", "e.f": "gcr.io" };
    expect(applyEdit(HOSTS, table("vars.HOSTS", wanted))).toBe(
      HOSTS.replace("# mine\n", '# mine\n"e.f" = "gcr.io"\n'),
    );
  });

  test("that is missing is added at the end", () => {
    expect(applyEdit("a = 1\n", table("vars.HOSTS", { "e.f": "gcr.io" }))).toBe(
      'a = 1\n\n[vars.HOSTS]\n"e.f" = "gcr.io"\n',
    );
  });

  test("that is empty gets its entries below its header", () => {
    expect(applyEdit("[triggers]\n\n[dev]\n", table("triggers", { crons: ["0 0 * * *"] }))).toBe(
      '[triggers]\ncrons = ["0 0 * * *"]\n\n[dev]\n',
    );
  });

  test("is edited where it is not commented out", () => {
    const text = '# [triggers]\n# crons = ["1 1 * * *"]\n\n[triggers]\ncrons = ["2 2 * * *"]\n';
    expect(applyEdit(text, table("triggers", { crons: ["3 3 * * *"] }))).toBe(
      text.replace("2 2", "3 3"),
    );
  });
});

describe("an element of an array of tables", () => {
  const TWO =
    '[[r2_buckets]]\nbinding = "OTHER"\nbucket_name = "x"\n\n# mine\n[[r2_buckets]]\nbinding = "BLOBS"\nbucket_name = "y"\n';

  test("is identified by its binding", () => {
    expect(applyEdit(TWO, bucket(null))).toBe(
      TWO.slice(0, TWO.indexOf("# mine\n") + "# mine\n".length),
    );
  });

  test("is added beside others", () => {
    const [one = ""] = TWO.split("\n\n");
    expect(applyEdit(`${one}\n`, bucket(blobs))).toBe(
      `${one}\n\n[[r2_buckets]]\nbinding = "BLOBS"\nbucket_name = "sampan-blobs"\n`,
    );
  });
});

describe("a list", () => {
  const ROUTES =
    'routes = [\n  # the main one\n  { pattern = "a.b", custom_domain = true },\n  "c.d/*"\n]\nname = "x"\n';

  test("is written anew if its items change, and else stays", () => {
    const items = [{ pattern: "a.b", custom_domain: true }, "c.d/*"];
    expect(applyEdit(ROUTES, key("routes", items))).toBe(ROUTES);
    expect(applyEdit(ROUTES, key("routes", [own, "c.d/*"]))).toBe(
      'routes = [\n  { pattern = "mirror.example.org", custom_domain = true },\n  "c.d/*",\n]\nname = "x"\n',
    );
  });

  test("is removed with all its lines", () => {
    expect(applyEdit(ROUTES, key("routes", null))).toBe('name = "x"\n');
  });
});

describe("an unusual file", () => {
  test("keeps line ends of CR LF", () => {
    const text = SHIPPED.replaceAll("\n", "\r\n");
    const edited = applyEdit(text, bucket(blobs));
    expect(edited).toBe(applyEdit(SHIPPED, bucket(blobs)).replaceAll("\n", "\r\n"));
  });

  test("keeps a missing line break at its end", () => {
    expect(applyEdit("workers_dev = true", key("workers_dev", false))).toBe("workers_dev = false");
  });

  test("gets a missing key above all tables", () => {
    expect(applyEdit('name = "x"\n\n[vars]\nrouted = 1\n', key("workers_dev", false))).toBe(
      'name = "x"\nworkers_dev = false\n\n[vars]\nrouted = 1\n',
    );
  });

  test("may have a key of the same name in a table or in a text", () => {
    const text = 'name = """\nroutes = 1\n"""\nworkers_dev = true\n[vars]\nroutes = "x"\n';
    expect(applyEdit(text, key("routes", ["a.b/*"]))).toBe(
      text.replace("= true\n", '= true\nroutes = ["a.b/*"]\n'),
    );
  });

  test.each([
    [
      "a table in one line",
      'vars = { HOSTS = { "a.b" = "quay.io" } }\n',
      table("vars.HOSTS", null),
    ],
    ["a table by dotted keys", 'vars.HOSTS."a.b" = "quay.io"\n', table("vars.HOSTS", null)],
    ["routes as tables", '[[routes]]\npattern = "a.b"\n', key("routes", [own])],
    ["buckets in one line", 'r2_buckets = [{ binding = "A" }]\n', bucket(blobs)],
  ])("with %s is refused, with what to write by hand", (_, text, edit) => {
    expect(() => applyEdit(text, edit)).toThrow(/by hand/);
  });

  test("that is not TOML is refused", () => {
    expect(() => applyEdit("a = \n", key("workers_dev", true))).toThrow();
  });
});

describe("a value", () => {
  test.each<[string, Value, string]>([
    ["workers_dev", true, "workers_dev = true"],
    ["port", 8787, "port = 8787"],
    ["quay.io", "https://quay.io", '"quay.io" = "https://quay.io"'],
    ["crons", ["17 * * * *"], 'crons = ["17 * * * *"]'],
    ["none", [], "none = []"],
    ["simple", { limit: 60, period: 60 }, "simple = { limit = 60, period = 60 }"],
    ["one", [{ a: "b", c: true }], 'one = [{ a = "b", c = true }]'],
    ["two", [{ a: 1 }, { a: 2 }], "two = [\n  { a = 1 },\n  { a = 2 },\n]"],
  ])("%s = %j is written in the style of wrangler.toml", (key, value, text) => {
    expect(writeEntry(key, value).join("\n")).toBe(text);
  });

  test.each(['"', "\\", "\n", "\t", "\u0000", "\u007f", "中文", "🚤", "a # b", "[x]"])(
    "the string %j is read as it was written, as a value and as a key",
    (text) => {
      expect(parse(writeEntry(text, text).join("\n"))).toEqual({ [text]: text });
    },
  );
});

describe("a line", () => {
  test.each([
    ["[vars]", ["header [vars]"]],
    ["  [ vars.HOSTS ] # why", ["header [vars.HOSTS]"]],
    ["[[r2_buckets]]", ["header [[r2_buckets]]"]],
    ['name = "sampan"', ["entry name"]],
    ['"quay.io" = "https://quay.io"', ["entry quay.io"]],
    ["# Tokens, tag pointers and manifests.", ["other"]],
    ["#   npx wrangler secret put UPSTREAM_USERNAME", ["other"]],
    ["", ["other"]],
    ["[[half]", ["other"]],
    ['a = [ "]", # [\n  "[vars]",\n]\n[b]', ["entry a", "rest", "rest", "header [b]"]],
    ["a = { x = [\n1\n] }\n[b]", ["entry a", "rest", "rest", "header [b]"]],
    ['a = """x\n[vars]\n\\"""\n"""\n[b]', ["entry a", "rest", "rest", "rest", "header [b]"]],
    ["a = '''x\n# [vars]\n'''\n[b]", ["entry a", "rest", "rest", "header [b]"]],
    ['a = [\n  # why\n]\nb = "#["\nc = 1', ["entry a", "rest", "rest", "entry b", "entry c"]],
  ])("is classified in %j", (text, kinds) => {
    const read = scan(text.split("\n")).map(({ kind, name }) => `${kind} ${name}`.trim());
    expect(read).toEqual(kinds);
  });
});

function partOf(edit: Edit): string {
  if (edit.kind === "key") return edit.key;
  return edit.kind === "table" ? edit.path.join(".") : edit.array;
}

/** The same numbers from the same seed (a linear congruential generator). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state >> 8;
  };
}

/** What an edit is about, which comparisons leave out. */
function ignored(edit: Edit, file: string) {
  const [name = ""] = partOf(edit).split(".");
  return { [name]: name === "vars" ? (parseConfig(file).vars ?? {}) : null };
}
