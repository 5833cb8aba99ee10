/** All texts of the page in English. Text between backticks is shown as code. */
export const en = {
  intro: (upstream: string) =>
    `A private mirror of ${upstream}. It fetches images on request and caches what it can.`,
  try: (upstream: string) =>
    `Put this host in front of any image of ${upstream}, or set up a client once, below, and use plain names.`,
  independent:
    "Independent and private: not made, run or endorsed by Docker, Inc. Docker and Docker Hub are trademarks of Docker, Inc.",
  copy: "Copy",

  status: {
    title: "Status",
    upstream: "Upstream",
    up: (upstream: string) => `${upstream} is responding.`,
    down: (upstream: string) =>
      `${upstream} is not responding right now. Images pulled before are still served.`,
    unasked: (upstream: string) => `${upstream} has not been contacted recently.`,
    account: "Account",
    hasAccount: "Configured. Pulls count only against that account's quota.",
    noAccount:
      "Not configured. Anonymous pulls count against addresses shared with strangers: expect 429 errors. The owner can set `UPSTREAM_USERNAME` and `UPSTREAM_PASSWORD`.",
    quota: "Pulls left",
    quotaOf: (remaining: string, limit: string, hours: string | null) =>
      `${remaining} of ${limit}${hours === null ? "" : ` per ${hours} hours`}, as last seen.`,
    noQuota: "Not known yet.",
    access: "Access",
    open: "Open: anyone who knows this address can pull.",
    locked:
      "Protected by the secret in this page's address. Keep the address, and every command here, as safe as a password.",
    login: "Protected by a login.",
  },

  image: {
    title: "Any image",
    label: "Image name, command, Dockerfile or compose line, or Docker Hub link",
    button: "Look up",
    help: "Looking up, or showing a size, uses at most one pull.",
  },

  search: {
    title: "Search",
    label: (upstream: string) => `Search ${upstream}`,
    button: "Search",
  },

  check: {
    title: "Is the mirror being used?",
    text: "`hit`: answered from the cache. `fwd`: the upstream was asked. This uses no pull.",
  },

  /** For the script, which replaces `{…}`. */
  script: {
    copied: "Copied",
    selected: "Selected: press Ctrl+C or ⌘C",
    pull: "Pull it here",
    tag: "Give it its usual name",
    problems: {
      name: "That is not an image name or tag.",
      "upper-case": "Image names have no capital letters.",
      digest: "The part after the @ is not a valid digest.",
      variable: "It contains a variable: fill in its value.",
      scratch: "scratch is the empty image; there is nothing to pull.",
    },
    elsewhere: "This mirror does not serve {registry}; it serves {served}.",
    asking: "Asking the mirror …",
    found: "The image exists.",
    digest: "Digest",
    showSize: "Show size",
    anyPlatform: "not stated",
    unreadable: "The mirror answered {status}.",
    unreachable: "The mirror could not be reached.",
    official: "official",
    results: "Found:",
  },

  guides: {
    title: "Set up a client",
    registries: (names: string) => `Registries served here: ${names}.`,
    ownHosts: (name: string, hosts: string) => `${name} also has a host of its own: ${hosts}.`,
    needsUser:
      "This client starts at the root of the host, which answers 404 while a path secret is the only lock. Ask the owner for a user (`ACCESS_USERS`).",
    byName: "Pull by the full name:",
    othersByName: "For other registries, put the registry in front of the image:",
    restart: "Then restart:",
    test: "Try it:",
  },

  docker: {
    title: "Docker on Linux",
    old: "Docker 24 and older do not support a path in `registry-mirrors`, and may fail to start with one. See `docker version`; with an old one, pull by the full name.",
    merge:
      "This adds the mirror to `/etc/docker/daemon.json`, keeps the rest, and reloads Docker. The old file stays beside it.",
    byHand: "No python3? Merge this in by hand, then run `sudo systemctl reload docker`:",
    plain: "Plain names now use the mirror, or Docker Hub if the mirror fails:",
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
    conf: "With the file of the Podman steps, `skopeo copy docker://docker.io/…` uses this mirror too.",
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

/** The texts that each language has. */
export type Texts = typeof en;
