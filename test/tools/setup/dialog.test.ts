import { expect, test } from "vitest";
import { setUp } from "../../../tools/setup/setup.ts";
import { chooseLanguage, textsIn } from "../../../tools/setup/texts.ts";
import { parseConfig } from "../../../tools/setup/toml/edit.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createContext, NAMESPACE_ID, type Script } from "./support/context.ts";

const SECRET = "5a".repeat(24);
const NEW: Script = { answers: [], shipped: SHIPPED, text: "" };

async function run(script: Partial<Script>) {
  const context = createContext({ ...NEW, ...script });
  await setUp(context, false);
  return context;
}

const questions = (said: readonly string[]) => said.filter((line) => / $|：$/.test(line));

test("a whole dialog in English", async () => {
  const { said } = await run({
    answers: ["mirror.example.org", "alice", "token", "y", "", "", "", "y", "y"],
    verifications: [{ kind: "accepted" }],
  });
  expect(
    said.join("\n"),
  ).toBe(`Sets up mirror.toml, the secrets of this mirror, and its R2 bucket. Enter selects the value in
brackets, < goes back one question. Nothing is changed before the last question; Ctrl-C leaves
everything as it is.

Domain. The mirror's own host name. Its domain must be on Cloudflare; the free plan is enough.
workers.dev needs no domain, but is blocked in some networks.
Host name, or workers.dev [workers.dev] 

Account.
Docker Hub limits pulls without an account per address, and Workers share their addresses with
strangers, so a mirror without an account answers 429 sooner or later. Any free account will do.
Create an access token under Account settings → Personal access tokens, with "Public Repo Read-only".
UPSTREAM in mirror.toml may have a second URL, such as https://mirror.gcr.io, which is asked when
Docker Hub refuses or fails: docs/registries.md.
Docker Hub username, or none [none] 
Access token (not shown): 
Asking Docker Hub …
Docker Hub accepts this account and token.

The mirror never serves private images of its account: before each image that is not official it
checks that the image is public. A token with "Public Repo Read-only" makes that unnecessary.
Does the token have "Public Repo Read-only"? [y/N] 

Lock. Without a lock, anyone who finds the address uses your quota, in your name.
  1  path  a secret in the address, for plain Docker
  2  user  a name and a token, for docker login
  3  none  open to everybody
Lock [path] 

Registries. Docker Hub is always included. Which others?
   1  [ ] quay.io
   2  [ ] gcr.io
   3  [ ] registry.k8s.io
   4  [ ] ghcr.io
   5  [ ] mcr.microsoft.com
   6  [ ] public.ecr.aws
   7  [ ] nvcr.io
   8  [ ] docker.elastic.co
   9  [ ] docker.cloudsmith.io
  10  [ ] lscr.io
Numbers or names, all, or none [none] 

Layers. Without R2, public layers of up to 512 MB are stored in Cloudflare's edge cache: free, for
each data centre by itself, for 7 days at most, and without a guarantee. In R2 they are stored once
for all data centres and remain available while Docker Hub is not. 10 GB are free. R2 must be
enabled in the dashboard first, which asks for a payment method.
Store layers in R2? [y/N] 

Search. docker search and the page's search box can ask the mirror, which asks Docker Hub.
Answer searches? [y/N] 

mirror.toml:

+ workers_dev = false
+ routes = [{ pattern = "mirror.example.org", custom_domain = true }]

+ [vars]
+ PRIVATE_IMAGES = "public-only-account"
+ SEARCH = "on"
+


Secrets at Cloudflare:

+ UPSTREAM_USERNAME
+ UPSTREAM_PASSWORD
+ ACCESS_PATHS


KV namespace sampan-cache: created if it is missing. Its id is written to mirror.toml, so that
every deploy uses this namespace and none tries to create it again.

Do this? [Y/n] 

Next:

  npm run deploy

Docker, in /etc/docker/daemon.json (Docker Desktop: Settings → Docker Engine), then
systemctl reload docker:

  { "registry-mirrors": ["https://mirror.example.org/${SECRET}"] }

Docker 24 and older accept no path there. They pull by name:

  docker pull mirror.example.org/${SECRET}/busybox

The address contains the secret. It is shown only now.

Then check the mirror. The first command waits for the address, https://mirror.example.org/${SECRET}:

  read -r MIRROR_URL
  MIRROR_URL="$MIRROR_URL" npm run doctor

https://mirror.example.org/${SECRET}/ and docs/access.md describe containerd, Podman and all other clients.`);
});

test("a whole dialog in Chinese", async () => {
  const { said, text, stored } = await run({
    language: "zh",
    answers: ["mirror.example.org", "alice", "token", "y", "", "4", "y", "", "maybe", "", "y", "y"],
    verifications: [{ kind: "accepted" }],
  });
  expect(
    said.join("\n"),
  ).toBe(`设置 mirror.toml、镜像站的机密和 R2 存储桶。直接回车选用方括号里的值，输入 < 返回上一个问题。
回答最后一个问题之前不会做任何改动；按 Ctrl-C 可随时退出，一切保持原样。

域名。镜像站自己的主机名，所属域名必须托管在 Cloudflare，免费套餐即可。
workers.dev 不需要域名，但在一些网络中被屏蔽，包括中国大陆。
主机名，或 workers.dev [workers.dev] 

账号。
Docker Hub 对匿名拉取按 IP 地址限额，而 Workers 的出口地址由许多人共用，没有账号的镜像站迟早会返回 429。
免费账号就够用。在 Account settings → Personal access tokens 创建一个权限为 “Public Repo Read-only” 的令牌。
mirror.toml 中的 UPSTREAM 可以写第二个地址，例如 https://mirror.gcr.io，在 Docker Hub 拒绝或失败时使用：
docs/registries.md。
Docker Hub 用户名，或 none（不用账号） [none] 
访问令牌（不显示）：
正在向 Docker Hub 验证……
Docker Hub 接受这个账号和令牌。

镜像站不会提供账号下的私有镜像：拉取非官方镜像前，它会先检查镜像是否公开。
令牌权限为 “Public Repo Read-only” 时，可以省去这项检查。
令牌的权限是 “Public Repo Read-only” 吗？ [y/N] 

访问控制。没有访问控制，任何发现这个地址的人都能以你的名义用掉你的额度。
  1  path  在地址中加入密钥，适合普通的 Docker
  2  user  用户名和令牌，用于 docker login
  3  none  对所有人开放
访问控制 [path] 

镜像仓库。始终包括 Docker Hub。还需要哪些？
   1  [ ] quay.io
   2  [ ] gcr.io
   3  [ ] registry.k8s.io
   4  [ ] ghcr.io
   5  [ ] mcr.microsoft.com
   6  [ ] public.ecr.aws
   7  [ ] nvcr.io
   8  [ ] docker.elastic.co
   9  [ ] docker.cloudsmith.io
  10  [ ] lscr.io
编号或名称，all（全部），或 none（都不要） [none] 

这些仓库的镜像按 mirror.example.org/ghcr.io/… 拉取。为每个仓库设置主机名，镜像名会更短。
为它们设置主机名吗？ [y/N] 
放在哪个域名下（例如 gh.example.org）？ [example.org] 

镜像层。不用 R2 时，不超过 512 MB 的公开镜像层存放在 Cloudflare 的边缘缓存：免费，每个数据中心各存一份，
最多 7 天，不作保证。R2 为所有数据中心存一份，Docker Hub 不可用时仍能拉取。10 GB 免费。
R2 须先在控制台启用，需要绑定付款方式。
把镜像层存放在 R2 吗？ [y/N] 
请输入 y 或 n。
把镜像层存放在 R2 吗？ [y/N] 

搜索。docker search 和页面上的搜索框可以通过镜像站搜索 Docker Hub。
提供搜索吗？ [y/N] 

mirror.toml：

+ workers_dev = false
+ routes = [
+   { pattern = "mirror.example.org", custom_domain = true },
+   { pattern = "gh.example.org", custom_domain = true },
+ ]

+ [vars]
+ PRIVATE_IMAGES = "public-only-account"
+ SEARCH = "on"
+
+ [vars.REGISTRIES]
+ "ghcr.io" = "https://ghcr.io"
+
+ [vars.HOSTS]
+ "gh.example.org" = "ghcr.io"
+


Cloudflare 上的机密：

+ UPSTREAM_USERNAME
+ UPSTREAM_PASSWORD
+ ACCESS_PATHS


KV 命名空间 sampan-cache：如果不存在则创建。它的 id 会写入 mirror.toml，以后每次部署都使用它，不再重复创建。

执行以上改动吗？ [Y/n] 

下一步：

  npm run deploy

Docker：写入 /etc/docker/daemon.json（Docker Desktop：Settings → Docker Engine），
再执行 systemctl reload docker：

  { "registry-mirrors": ["https://mirror.example.org/${SECRET}"] }

Docker 24 及更早版本不接受路径，要写全名拉取：

  docker pull mirror.example.org/${SECRET}/busybox

地址中含有密钥，只在这里显示一次。

其他镜像仓库：

  docker pull gh.example.org/${SECRET}/<owner>/<image>

然后检查镜像站。第一条命令等待输入地址 https://mirror.example.org/${SECRET}：

  read -r MIRROR_URL
  MIRROR_URL="$MIRROR_URL" npm run doctor

containerd、Podman 等其他客户端见 https://mirror.example.org/${SECRET}/ 和 docs/access.md。`);
  expect(text).toContain(`id = "${NAMESPACE_ID}"`);
  expect(stored).toHaveLength(1);
});

test("the < goes back one question, with the answers before it", async () => {
  const { said, text, stored, verified } = await run({
    answers: [
      ...["<", "old.example.org", "<", "mirror.example.org"],
      ...["alice", "<", "bob", "token", "maybe", "<", "other", "y"],
      ...["user", "me", "<", "<", "path", "", "", "y", "<", "n", "<", "<", "", "", "y"],
    ],
    verifications: [{ kind: "accepted" }, { kind: "accepted" }],
  });
  expect(questions(said)).toEqual([
    "Host name, or workers.dev [workers.dev] ",
    "Host name, or workers.dev [workers.dev] ",
    "Docker Hub username, or none [none] ",
    "Host name, or workers.dev [workers.dev] ",
    "Docker Hub username, or none [none] ",
    "Access token (not shown): ",
    "Docker Hub username, or none [none] ",
    "Access token (not shown): ",
    'Does the token have "Public Repo Read-only"? [y/N] ',
    'Does the token have "Public Repo Read-only"? [y/N] ',
    "Access token (not shown): ",
    'Does the token have "Public Repo Read-only"? [y/N] ',
    "Lock [path] ",
    "Username [me] ",
    "Numbers or names, all, or none [none] ",
    "Username [me] ",
    "Lock [path] ",
    "Numbers or names, all, or none [none] ",
    "Store layers in R2? [y/N] ",
    "Answer searches? [y/N] ",
    "Do this? [Y/n] ",
    "Answer searches? [y/N] ",
    "Do this? [Y/n] ",
    "Answer searches? [y/N] ",
    "Store layers in R2? [y/N] ",
    "Answer searches? [y/N] ",
    "Do this? [Y/n] ",
  ]);
  expect(verified).toEqual([
    { username: "bob", password: "token" },
    { username: "bob", password: "other" },
  ]);
  expect(parseConfig(text)).toEqual({
    workers_dev: false,
    routes: [{ pattern: "mirror.example.org", custom_domain: true }],
    kv_namespaces: [{ binding: "CACHE", id: NAMESPACE_ID }],
    vars: { PRIVATE_IMAGES: "public-only-account" },
  });
  expect(stored).toEqual([
    {
      UPSTREAM_USERNAME: "bob",
      UPSTREAM_PASSWORD: "other",
      ACCESS_PATHS: `home=${SECRET}`,
    },
  ]);
});

test("an account that could not be checked is tried again when it is given again", async () => {
  const { verified, stored } = await run({
    answers: ["", "bob", "token", "n", "bob", "token", "<", "token", "", "", "", "", "", "y"],
    verifications: [{ kind: "unknown", reason: "offline" }, { kind: "accepted" }],
  });
  expect(verified).toHaveLength(2);
  expect(stored[0]).toMatchObject({ UPSTREAM_USERNAME: "bob", UPSTREAM_PASSWORD: "token" });
});

test("every text is in both languages, with the same commands and names", () => {
  const [english, chinese] = [textsIn("en"), textsIn("zh")];
  const names = Object.keys(english) as (keyof typeof english)[];
  const odd = names.filter((name) => {
    const [en, zh] = [english[name], chinese[name]].map((text) => shown(text));
    return en === zh || codeIn(en) !== codeIn(zh);
  });
  expect(names.length).toBeGreaterThan(80);
  expect(odd).toEqual([]);
});

test.each([
  [undefined, {}, "en"],
  [undefined, { LANG: "zh_CN.UTF-8" }, "zh"],
  [undefined, { LANG: "zh_CN.UTF-8", LC_ALL: "C" }, "en"],
  [undefined, { LANG: "de_DE.UTF-8", LC_MESSAGES: "zh_TW" }, "zh"],
  ["en", { LANG: "zh_CN.UTF-8" }, "en"],
  ["zh", {}, "zh"],
  ["fr", { LANG: "zh_CN.UTF-8" }, null],
])("--lang %s in the locale %j gives %s", (wanted, environment, language) => {
  expect(chooseLanguage(wanted, environment)).toBe(language);
});

/** A text with names for its values. */
function shown(text: unknown): string {
  if (typeof text !== "function") return String(text);
  return text(...["V1", "V2", "V3"].slice(0, text.length));
}

/** @returns the commands, names and values of a text, sorted. */
function codeIn(text = ""): string {
  const code = /npm run \w+|npx wrangler \w+|[A-Z]+_[A-Z_]+|V\d|--[a-z-]+|\/etc\/\S+\.json/g;
  return [...(text.match(code) ?? [])].sort().join(" ");
}
