/** All texts of the page in English. Text between backticks is shown as code. */
export const en = {
  copy: "Copy",
  independent: "A private mirror, not made or endorsed by Docker, Inc.",

  /** One line; the first three describe its dot. */
  status: {
    up: "responding",
    unasked: "not contacted recently",
    down: "not responding",
    quota: (remaining: string, limit: string) => `${remaining} of ${limit} pulls left`,
    noAccount: "no account",
    open: "open to everyone",
    locked: "locked",
    login: "login required",
    stale: "Images that were pulled before are still served.",
    secret: "This page and its address contain the secret.",
  },

  setup: {
    title: "Setup is not finished",
    where: "Cloudflare dashboard: Workers & Pages → this Worker → Settings.",
    store: "No cache (KV), which costs more pulls. Bindings → KV namespace, named `CACHE`.",
    account:
      "No account: the quota is shared with strangers. Variables and Secrets → the secrets `UPSTREAM_USERNAME` and `UPSTREAM_PASSWORD`, an access token (Public Repo Read-only).",
    lock: "No lock: anyone can use your quota. Variables and Secrets → the secret `ACCESS_PATHS`: `home=` and 16 or more random letters and digits, the new path of this page.",
  },

  image: {
    label: (hasSearch: boolean) =>
      `Image, ${hasSearch ? "search word, " : ""}command, Compose file or Dockerfile`,
    button: "Look up",
  },

  check: {
    title: "Is the mirror used?",
    info: "`docker info` lists this mirror under Registry Mirrors.",
    log: "Each pull is a line in the mirror's log (Observability in the dashboard, or `npm run logs`). Docker does not report when it falls back to Docker Hub.",
  },

  /** For the script, which replaces `{…}`. */
  script: {
    copied: "Copied",
    selected: "Press Ctrl+C or ⌘C",
    here: "With this mirror",
    tag: "Give it its usual name",
    none: "No image found.",
    invalid: "Not a valid image name, or one with a variable.",
    elsewhere: "{registry} is not served here.",
    asking: "Looking up …",
    tags: "Tags",
    noTag: "There is no tag {tag}.",
    uncached: "Not pulled through this mirror yet.",
    platform: "Platform",
    digest: "Digest",
    size: "Size",
    entrypoint: "Command",
    ports: "Ports",
    environment: "Environment",
    matches: "Search results",
    errors: {
      DENIED: "This mirror does not allow it.",
      MANIFEST_UNKNOWN: "There is no such tag or digest.",
      NAME_UNKNOWN: "There is no such image, or it is private.",
      TOOMANYREQUESTS: "Too many requests. Try again later.",
      UNAUTHORIZED: "Log in first.",
      UNAVAILABLE: "The registry does not answer.",
    },
    unreadable: "The mirror answered {status}.",
    unreachable: "The mirror could not be reached.",
  },

  guides: {
    title: "Set up a client",
    registries: (names: string) => `Registries served here: ${names}.`,
    needsUser:
      "This client cannot use a path secret: the mirror needs a user too (`ACCESS_USERS`).",
    byName: "By the full name, without any setup:",
    restart: "Then restart:",
    test: "Try it:",
    script: "Without such a file, a script creates it",
  },

  docker: {
    old: "Docker 24 and older may not start with a path in `registry-mirrors`: use the full name there.",
    linux:
      "Linux: merge this into `/etc/docker/daemon.json`, then run `sudo systemctl reload docker`.",
    desktop: "Docker Desktop: merge it under Settings → Docker Engine.",
    plain: "Then pull as usual:",
    ownLogin: (upstream: string) => `For private images, log in with your ${upstream} account:`,
  },

  nas: {
    title: "Synology and other NAS",
    /** A paragraph each. */
    url: `Synology: Container Manager → Registry → Settings → Docker Hub → Edit → Enable registry mirror.
fnOS: Docker → 镜像仓库 → 设置 → 加速源设置. 1Panel: Containers → Configuration → Mirrors.`,
    files: `Or merge the JSON of Docker into a file, with SSH and \`sudo\`:
DSM 7.2 and newer: \`/var/packages/ContainerManager/etc/dockerd.json\`, \`synopkg restart ContainerManager\`.
DSM 7.0, 7.1: \`/var/packages/Docker/etc/dockerd.json\`, \`synopkg restart Docker\`.
QNAP: \`etc/docker.json\` in Container Station's folder, \`/etc/init.d/container-station.sh restart\`.
Unraid: \`/etc/docker/daemon.json\`, which \`/boot/config/go\` has to write at each start.`,
  },

  containerd: {
    two: "containerd 2: set `config_path` under this heading; add the heading only where it is missing, in a new file below `version = 3`. Remove `registry.mirrors`.",
    one: "containerd 1, in a new file below `version = 2`:",
  },

  kubernetes: {
    kubeadm: "kubeadm: the containerd steps, on every node.",
    k3s: "k3s: on every node. For RKE2 the file is `/etc/rancher/rke2/registries.yaml`.",
  },

  podman: "CRI-O reads it on `sudo systemctl reload crio`.",
  buildkit: "The default builder follows `daemon.json`. For another one:",
};

/** The texts that each language has. */
export type Texts = typeof en;
