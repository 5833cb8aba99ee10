import { describe, expect, test } from "vitest";
import { applyEdit, type Edit, parseConfig } from "../../../../tools/setup/toml/edit.ts";
import type { Value } from "../../../../tools/setup/toml/literal.ts";
import { SHIPPED } from "../../../support/repository.ts";

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

/** Every optional part of the file that ships: turned on, and what it then says. */
const PARTS: [string, Edit, Edit][] = [
  ["routes", key("routes", [own]), key("routes", null)],
  ["several routes", key("routes", [own, quay]), key("routes", null)],
  ["workers_dev", key("workers_dev", false), key("workers_dev", true)],
  ["r2_buckets", bucket(blobs), bucket(null)],
  ["triggers", table("triggers", { crons: ["17 * * * *"] }), table("triggers", null)],
  [
    "vars.REGISTRIES",
    table("vars.REGISTRIES", { "ghcr.io": "https://ghcr.io" }),
    table("vars.REGISTRIES", null),
  ],
  ["vars.HOSTS", table("vars.HOSTS", { "quay.example.org": "quay.io" }), table("vars.HOSTS", null)],
];

describe.each(PARTS)("%s of the file that ships", (_, on, off) => {
  const edited = applyEdit(SHIPPED, on);

  test("is turned on, which changes nothing else that the file says", () => {
    expect(parseConfig(edited)).not.toEqual(parseConfig(SHIPPED));
    const others = (text: string) => ({ ...parseConfig(text), ...ignored(on) });
    expect(others(edited)).toEqual(others(SHIPPED));
  });

  test("is turned on where it stood, with every comment kept", () => {
    const prose = SHIPPED.split("\n").filter((line) => /^# [A-Z`].*[.:]$/.test(line));
    expect(prose.length).toBeGreaterThan(10);
    expect(edited.split("\n").filter((line) => prose.includes(line))).toEqual(prose);
    const headers = (text: string) =>
      text.match(/^(?:# )?\[+[\w.]+\]+$/gm)?.map((line) => line.replace("# ", ""));
    expect(headers(edited)).toEqual(headers(SHIPPED));
  });

  test("is turned on only once", () => {
    expect(applyEdit(edited, on)).toBe(edited);
  });

  test("is turned off again, and then says what it said before", () => {
    const back = applyEdit(edited, off);
    expect(parseConfig(back)).toEqual(parseConfig(SHIPPED));
    expect(applyEdit(back, off)).toBe(back);
    expect(applyEdit(back, on)).toBe(edited);
  });
});

describe("the file that ships", () => {
  test("is as it was when a part that has to be added to nothing is turned on and off", () => {
    for (const [, on, off] of PARTS.filter(([name]) => /workers_dev|r2|triggers/.test(name))) {
      expect(applyEdit(applyEdit(SHIPPED, on), off)).toBe(SHIPPED);
    }
  });

  test("takes all edits in any order, with one result", () => {
    const edits = PARTS.map(([, on]) => on).filter((edit) => edit !== PARTS[0]?.[1]);
    const forth = edits.reduce(applyEdit, SHIPPED);
    expect(edits.toReversed().reduce(applyEdit, SHIPPED)).toBe(forth);
    expect(parseConfig(forth)).toMatchObject({
      workers_dev: false,
      routes: [own, quay],
      r2_buckets: [blobs],
      triggers: { crons: ["17 * * * *"] },
      vars: {
        TAG_TTL_SECONDS: 60,
        REGISTRIES: { "ghcr.io": "https://ghcr.io" },
        HOSTS: { "quay.example.org": "quay.io" },
      },
      observability: { logs: { invocation_logs: false } },
    });
  });
});

test("after any sequence of edits the file says what the last edit of each part said", () => {
  const edits = PARTS.flatMap(([, on, off]) => [on, off]);
  const next = randomNumbers(2026);
  for (let run = 0; run < 100; run += 1) {
    const sequence = Array.from({ length: 12 }, () => edits[next() % edits.length]);
    const last = new Map(sequence.flatMap((edit) => (edit ? [[partOf(edit), edit]] : [])));
    const text = sequence.reduce((so, edit) => (edit ? applyEdit(so, edit) : so), SHIPPED);
    const direct = [...last.values()].reduce(applyEdit, SHIPPED);
    expect(parseConfig(text)).toEqual(parseConfig(direct));
  }
});

describe("a table", () => {
  const HOSTS =
    '[vars.HOSTS] # hosts\n# "a.b" = "quay.io"\n"c.d" = "ghcr.io" # mine\n\n[dev]\nport = 1\n';

  test("turns on the entries that are wanted, and comments out the others", () => {
    expect(applyEdit(HOSTS, table("vars.HOSTS", { "a.b": "quay.io" }))).toBe(
      '[vars.HOSTS] # hosts\n"a.b" = "quay.io"\n# "c.d" = "ghcr.io" # mine\n\n[dev]\nport = 1\n',
    );
  });

  test("gets a value replaced, with the comment beside it kept", () => {
    expect(applyEdit(HOSTS, table("vars.HOSTS", { "c.d": "gcr.io" }))).toBe(
      '[vars.HOSTS] # hosts\n# "a.b" = "quay.io"\n"c.d" = "gcr.io" # mine\n\n[dev]\nport = 1\n',
    );
  });

  test("gets what is new behind its last entry", () => {
    const wanted = { "c.d": "ghcr.io", "e.f": "gcr.io" };
    expect(applyEdit(HOSTS, table("vars.HOSTS", wanted))).toBe(
      HOSTS.replace("# mine\n", '# mine\n"e.f" = "gcr.io"\n'),
    );
  });

  test("that is not there is added at the end", () => {
    expect(applyEdit("a = 1\n", table("vars.HOSTS", { "e.f": "gcr.io" }))).toBe(
      'a = 1\n\n[vars.HOSTS]\n"e.f" = "gcr.io"\n',
    );
  });

  test("that was emptied by hand gets its entries below its header", () => {
    expect(applyEdit("[triggers]\n\n[dev]\n", table("triggers", { crons: ["0 0 * * *"] }))).toBe(
      '[triggers]\ncrons = ["0 0 * * *"]\n\n[dev]\n',
    );
  });

  test("is told from another that is commented out", () => {
    const text = '# [triggers]\n# crons = ["1 1 * * *"]\n\n[triggers]\ncrons = ["2 2 * * *"]\n';
    expect(applyEdit(text, table("triggers", { crons: ["3 3 * * *"] }))).toBe(
      text.replace("2 2", "3 3"),
    );
  });
});

describe("an element of an array of tables", () => {
  const TWO =
    '[[r2_buckets]]\nbinding = "OTHER"\nbucket_name = "x"\n\n# mine\n[[r2_buckets]]\nbinding = "BLOBS"\nbucket_name = "y"\n';

  test("is told by its binding, whatever others there are", () => {
    expect(applyEdit(TWO, bucket(null))).toBe(
      TWO.replace(/# mine\n(.*)\n(.*)\n(.*)\n$/, "# mine\n# $1\n# $2\n# $3\n"),
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
    'routes = [\n  # the main one\n  { pattern = "a.b", custom_domain = true }, # old\n  "c.d/*" # last\n]\nname = "x"\n';

  test("keeps the lines and comments of what stays", () => {
    const items = [{ pattern: "a.b", custom_domain: true }, "c.d/*", own];
    expect(applyEdit(ROUTES, key("routes", items))).toBe(
      ROUTES.replace("[\n", '[\n  { pattern = "mirror.example.org", custom_domain = true },\n'),
    );
  });

  test("gets what is new behind the last item, if that has its comma", () => {
    const text = ROUTES.replace('"c.d/*" # last', '"c.d/*", # last');
    const items = [{ pattern: "a.b", custom_domain: true }, "c.d/*", own];
    expect(applyEdit(text, key("routes", items))).toBe(
      text.replace("\n]", '\n  { pattern = "mirror.example.org", custom_domain = true },\n]'),
    );
  });

  test("loses the lines of what goes", () => {
    expect(applyEdit(ROUTES, key("routes", ["c.d/*"]))).toBe(ROUTES.replace(/ {2}\{.*\n/, ""));
  });

  test("is commented out with all its lines", () => {
    const text = applyEdit(ROUTES, key("routes", null));
    expect(text).toBe(
      '# routes = [\n#   # the main one\n#   { pattern = "a.b", custom_domain = true }, # old\n#   "c.d/*" # last\n# ]\nname = "x"\n',
    );
    expect(parseConfig(applyEdit(text, key("routes", [own])))).toEqual({
      routes: [own],
      name: "x",
    });
  });

  test("in one line keeps the comment behind it", () => {
    const text = 'routes = ["a#b/*"] # why # so\n';
    expect(applyEdit(text, key("routes", ["c.d/*"]))).toBe('routes = ["c.d/*"] # why # so\n');
  });
});

describe("what is unusual", () => {
  test("lines that end in CR LF go on doing so", () => {
    const text = SHIPPED.replaceAll("\n", "\r\n");
    const edited = applyEdit(text, bucket(blobs));
    expect(edited).toBe(applyEdit(SHIPPED, bucket(blobs)).replaceAll("\n", "\r\n"));
  });

  test("a file without a line break at its end is one still", () => {
    expect(applyEdit("workers_dev = true", key("workers_dev", false))).toBe("workers_dev = false");
  });

  test("a key that is not there is added before all tables", () => {
    expect(applyEdit('name = "x"\n\n[vars]\nrouted = 1\n', key("workers_dev", false))).toBe(
      'name = "x"\nworkers_dev = false\n\n[vars]\nrouted = 1\n',
    );
  });

  test("a key of the same name in a table, or in a text, is another key", () => {
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
    [
      "entries below what is commented out",
      "# [triggers]\nx = 1\n",
      table("triggers", { crons: [] }),
    ],
  ])("%s is refused, and told how to be written by hand", (_, text, edit) => {
    expect(() => applyEdit(text, edit)).toThrow(/by hand/);
  });

  test("what is no TOML is refused", () => {
    expect(() => applyEdit("a = \n", key("workers_dev", true))).toThrow();
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
function ignored(edit: Edit) {
  const [name = ""] = partOf(edit).split(".");
  if (name !== "vars") return { [name]: null };
  const {
    REGISTRIES: _,
    HOSTS: __,
    ...vars
  } = parseConfig(SHIPPED).vars as { [key: string]: Value };
  return { vars };
}
