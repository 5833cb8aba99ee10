import type { Texts } from "./en.ts";
import { guidesZh } from "./guides-zh.ts";

/** All that the page says, in Simplified Chinese. */
export const zh: Texts = {
  ...guidesZh,
  intro: (upstream) => `私人搭建的 ${upstream} 镜像站，按需拉取镜像，并尽可能缓存。`,
  try: (upstream) =>
    `在镜像名前加上本站域名，就能拉取 ${upstream} 上的镜像。也可以按下面的说明配置一次客户端，之后照常写镜像名即可。`,
  independent:
    "本站是独立的私人服务，并非由 Docker, Inc. 开发、运营或认可。Docker 和 Docker Hub 是其商标。",
  copy: "复制",

  status: {
    title: "状态",
    upstream: "上游",
    up: (upstream) => `${upstream} 可以访问。`,
    down: (upstream) => `${upstream} 暂时没有响应，拉取过的镜像仍可使用。`,
    unasked: (upstream) => `最近没有访问过 ${upstream}。`,
    account: "账号",
    hasAccount: "已配置账号，拉取次数只计入该账号的额度。",
    noAccount:
      "未配置。匿名拉取与陌生人共用出口 IP 的额度，很快会遇到 429。站长可以设置 `UPSTREAM_USERNAME` 和 `UPSTREAM_PASSWORD`。",
    quota: "剩余拉取次数",
    quotaOf: (remaining, limit, hours) =>
      `${hours === null ? "" : `每 ${hours} 小时 `}${limit} 次，还剩 ${remaining} 次（以上游最近一次返回为准）。`,
    noQuota: "尚不清楚。",
    access: "访问",
    open: "开放：知道地址的人都能拉取。",
    locked: "由本页地址中的密钥保护。请像保管密码一样保管这个地址和页面中的命令。",
    login: "需要登录。",
  },

  image: {
    title: "任意镜像",
    label: "镜像名、命令、Dockerfile 或 compose 中的一行，或链接",
    button: "查询",
    help: "查询镜像或查看大小，每次最多消耗一次拉取额度。",
  },

  search: {
    title: "搜索",
    label: (upstream) => `搜索 ${upstream}`,
    button: "搜索",
  },

  check: {
    title: "怎么知道用上了？",
    text: "`hit` 表示由本站缓存返回，`fwd` 表示访问了上游。这条命令不消耗拉取次数。",
  },

  script: {
    copied: "已复制",
    selected: "已选中，请按 Ctrl+C 或 ⌘C",
    pull: "拉取",
    tag: "改回原来的名字",
    problems: {
      name: "这不是合法的镜像名或标签。",
      "upper-case": "镜像名不能有大写字母。",
      digest: "@ 后面不是合法的摘要。",
      variable: "其中有变量，请换成实际的值。",
      scratch: "scratch 是空镜像，不需要拉取。",
    },
    elsewhere: "本站不提供 {registry}，只提供 {served}。",
    asking: "正在查询……",
    found: "镜像存在。",
    digest: "摘要",
    showSize: "查看大小",
    anyPlatform: "未注明",
    unreadable: "本站返回了 {status}。",
    unreachable: "无法连接本站。",
    official: "官方",
    results: "找到：",
  },
};
