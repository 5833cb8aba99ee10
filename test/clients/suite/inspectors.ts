import type { Machine } from "../machine/machine.ts";
import { WAYS } from "../stage-registries.ts";
import type { Inspector } from "./registries.ts";

/** Tools that know no mirrors. */
const BY_NAME = ["host", "name"] as const;

export function skopeoInspector(machine: Machine): Inspector {
  return {
    ...{ machine, program: "skopeo", ways: WAYS },
    digestOf: (name) => ["inspect", "--no-tags", "--format", "{{.Digest}}", `docker://${name}`],
    copy: (name, to) => ["copy", "--all", `docker://${name}`, `dir:${to}`],
    tagsOf: (repository) => ["list-tags", `docker://${repository}`],
  };
}

export function craneInspector(machine: Machine): Inspector {
  return {
    ...{ machine, program: "crane", ways: BY_NAME },
    digestOf: (name) => ["digest", name],
    copy: (name) => ["validate", "--remote", name],
    tagsOf: (repository) => ["ls", repository],
  };
}

export function orasInspector(machine: Machine): Inspector {
  return {
    ...{ machine, program: "oras", ways: BY_NAME },
    digestOf: (name) => ["manifest", "fetch", "--plain-http", "--descriptor", name],
    copy: (name, to) => ["copy", "--from-plain-http", name, "--to-oci-layout", `${to}:copy`],
    tagsOf: (repository) => ["repo", "tags", "--plain-http", repository],
  };
}
