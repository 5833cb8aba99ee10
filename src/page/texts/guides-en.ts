/** How clients are set up, in English. What stands between backticks is shown as code. */
export const guidesEn = {
  guides: {
    title: "Set up a client",
    registries: (names: string) => `Registries served here: ${names}.`,
    ownHosts: (name: string, hosts: string) => `${name} also has a host of its own: ${hosts}.`,
    needsUser:
      "This client first asks at the root of the host: a 404 while a path secret is the only lock. Ask the owner for a user (`ACCESS_USERS`).",
    byName: "Pull by the full name:",
    othersByName: "For other registries, put the registry in front of the image:",
    restart: "Then restart:",
    test: "Try it:",
  },

  docker: {
    title: "Docker on Linux",
    old: "Docker 24 and older do not take a path in `registry-mirrors`, and may not start with one. See `docker version`; with an old one, pull by the full name.",
    merge:
      "This adds the mirror to `/etc/docker/daemon.json`, keeps the rest, and reloads Docker. The old file stays beside it.",
    byHand: "No python3? Merge this in by hand, then run `sudo systemctl reload docker`:",
    plain: "Plain names now come through the mirror; should it fail, from Docker Hub:",
    direct: "Without any setup, by the full name:",
    hubOnly: "Docker's `registry-mirrors` is for Docker Hub only. Pull by the full name:",
    ownLogin: (upstream: string) =>
      `For your own private images, log in with your ${upstream} account, then pull by the full name:`,
  },

  desktop: {
    merge: "In Settings → Docker Engine, merge this into the JSON, then choose Apply & restart.",
  },

  containerd: {
    hosts:
      "This writes a `hosts.toml` for each registry, replacing one that is there. It takes effect with the next pull.",
    two: "containerd 2: set `config_path` under this heading; add the heading only where it is missing, in a new file below `version = 3`. Remove `registry.mirrors`.",
    one: "containerd 1: the same here, in a new file below `version = 2`.",
  },

  kubernetes: {
    kubeadm: "kubeadm, or anything else on containerd: the containerd steps, on every node.",
    k3s: "k3s: on every node. For RKE2 the file is `/etc/rancher/rke2/registries.yaml`.",
  },

  podman: {
    file: "A file of its own. CRI-O reads it on `sudo systemctl reload crio`.",
  },

  buildkit: {
    own: "Docker's default builder follows `daemon.json`. For a builder of its own:",
  },

  kaniko: {
    flags: "Add these flags to the executor. `--registry-map` needs kaniko 1.23 or newer.",
  },

  skopeo: {
    conf: "With the file of the Podman steps, `skopeo copy docker://docker.io/…` comes through here too.",
  },

  nas: {
    title: "Synology and other NAS",
    synology:
      "Synology: Container Manager → Registry → Settings → Docker Hub → Edit → Enable registry mirror, with this URL:",
    other:
      "QNAP, UGREEN, fnOS, TrueNAS: a field for a registry mirror or image acceleration takes the same URL.",
    catalogue:
      "The list in the Registry tab may stay empty. The full name works on any NAS, in a project (compose file) or over SSH:",
  },
};

export type GuideTexts = typeof guidesEn;
