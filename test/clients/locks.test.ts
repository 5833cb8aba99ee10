import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../support/repository.ts";
import type { Account } from "./client.ts";
import { USES, type Use } from "./lock-uses.ts";
import { ALICE, LOCKS, type LocksSetup, openLocks, SECRET, USER } from "./locks.ts";
import { isRoot } from "./machine.ts";

/** What the table in docs/access.md says, by row and column: whether it works. */
const TABLE = parseTable(await readFile(join(ROOT, "docs/access.md"), "utf8"));
/** The columns of the table; an open mirror needs none. */
const LOCKED = LOCKS.filter(({ title }) => title !== "open");

test("the table of clients in docs/access.md has every client and lock, and no other", () => {
  expect(new Set(TABLE.keys())).toEqual(new Set(USES.map(({ row }) => row)));
  for (const [row, cells] of TABLE) {
    expect([...cells.keys()], row).toEqual(LOCKED.map(({ title }) => title));
    for (const text of cells.values()) expect(["✓", "–"], row).toContain(text);
  }
});

test.runIf(process.env.SAMPAN_REQUIRE_CLIENTS)("every client is installed", () => {
  expect(USES.filter((use) => obstacle(use) !== null)).toEqual([]);
});

describe.skipIf(USES.every((use) => obstacle(use) !== null))("with mirrors of every lock", () => {
  let setup: LocksSetup;
  beforeAll(async () => {
    setup = await openLocks();
  });
  afterAll(() => setup?.close());

  for (const use of USES) {
    const reason = obstacle(use);
    const title = reason === null ? use.title : `${use.title} (${reason})`;
    describe.skipIf(reason !== null)(title, () => {
      test.each(LOCKS)("$title", async (lock) => {
        const image = await setup.publish(lock);
        const pull = use.pull(await setup.place(lock, use.route), image);
        if (lock.title === "open" || TABLE.get(use.row)?.get(lock.title) === "✓") {
          const printed = await pull;
          expect(image.marks.filter((mark) => printed.includes(mark))).not.toEqual([]);
        } else {
          await expect(pull).rejects.toThrow(REFUSED);
        }
      });
    });
  }

  describe("after all clients", () => {
    test("no login or token of a client reached the upstream, but the upstream's own", () => {
      expect(setup.hub.leaks).toEqual([]);
      const sent = setup.hub.requests.map(({ path, query, headers }) =>
        [path, query, ...[...headers].flat()].join(" "),
      );
      for (const secret of [SECRET, USER.password, basicOf(USER)]) {
        expect(sent.filter((request) => request.includes(secret))).toEqual([]);
      }
    });

    test("no log has a secret, a login or a token", () => {
      const log = setup.log().join("\n");
      expect(log).toContain("/manifests/1");
      for (const { password } of [USER, ALICE]) expect(log).not.toContain(password);
      expect(log).not.toContain(SECRET);
      expect(log).not.toMatch(/Bearer |Basic /);
    });
  });
});

/** A client's error if it cannot open the lock, or goes on to Docker Hub, which is out of reach. */
const REFUSED =
  /unsupported registry version|\b40[14]\b|not found|authorization failed|log in to this mirror|proxyconnect|Cannot connect to the Docker daemon|does not start/i;

function obstacle({ missing }: Use): string | null {
  if (!isRoot) return "needs root on Linux";
  return missing.length === 0 ? null : `not installed: ${missing.join(", ")}`;
}

function basicOf({ user, password }: Account): string {
  return Buffer.from(`${user}:${password}`).toString("base64");
}

/** @returns the cells of the table of clients by row and column. */
function parseTable(document: string): Map<string, Map<string, string>> {
  const lines = document.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| client |"));
  const table = lines.slice(start, lines.indexOf("", start));
  const [[, ...columns] = [], , ...rows] = table.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(
    rows.map(([row = "", ...cells]) => [
      row,
      new Map(columns.map((column, index) => [column, cells[index] ?? ""])),
    ]),
  );
}
