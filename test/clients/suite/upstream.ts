import { expect, test } from "vitest";
import { LOGIN, type Stage } from "../stage.ts";

/** What the upstream may have seen of all the clients together. */
export function describeUpstream(stage: () => Stage): void {
  test("the upstream had one GET for each manifest, by digest", () => {
    const paths = stage()
      .upstream.requests.filter(({ host, method }) => host === "registry" && method === "GET")
      .map(({ path }) => path)
      .filter((path) => path.includes("/manifests/"));
    expect(paths.length).toBeGreaterThan(0);
    expect(paths).toEqual([...new Set(paths)]);
    expect(paths.filter((path) => !path.includes("/sha256:"))).toEqual([]);
  });

  test("no Authorization reached the storage, and nothing of the clients reached anyone", () => {
    const { leaks, count } = stage().upstream;
    expect(count({ host: "storage" })).toBeGreaterThan(0);
    expect(leaks).toEqual([]);
  });

  test("the clients' login reached neither the upstream nor the log", () => {
    const { upstream, mirror } = stage();
    const basic = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64");
    const all = upstream.requests.map(({ path, query, headers }) =>
      [path, query, ...[...headers].flat()].join(" "),
    );
    for (const secret of [LOGIN.password, basic]) {
      expect(all.filter((request) => request.includes(secret))).toEqual([]);
      expect(mirror.log()).not.toContain(secret);
    }
    const tokenRequests = upstream.requests.filter(({ host }) => host === "auth");
    expect(tokenRequests.filter(({ headers }) => headers.has("authorization"))).toEqual([]);
  });

  test("the log holds no signed URL and no token", () => {
    expect(stage().mirror.log()).not.toMatch(/Signature=|Bearer |eyJ/);
  });
}
