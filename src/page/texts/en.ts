import { guidesEn } from "./guides-en.ts";

/** All that the page says, in English. What stands between backticks is shown as code. */
export const en = {
  ...guidesEn,
  intro: (upstream: string) =>
    `A private mirror of ${upstream}. It fetches images when they are asked for, and keeps what it can.`,
  try: (upstream: string) =>
    `Put this host in front of any image of ${upstream}, or set up a client once, below, and use plain names.`,
  independent:
    "Independent and private: not made, run or endorsed by Docker, Inc., whose trademarks Docker and Docker Hub are.",
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

  /** For the script; `{…}` is filled in by it. */
  script: {
    copied: "Copied",
    selected: "Selected: press Ctrl+C or ⌘C",
    pull: "Pull it here",
    tag: "Give it its usual name",
    problems: {
      name: "That is not an image name or tag.",
      "upper-case": "Image names have no capital letters.",
      digest: "The part after the @ is not a valid digest.",
      variable: "There is a variable in it: fill in its value.",
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
};

/** What each language has to say. */
export type Texts = typeof en;
