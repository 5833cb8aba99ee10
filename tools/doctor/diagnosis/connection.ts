import type { Diagnosis } from "../finding.ts";
import type { Unanswered } from "../http/reply.ts";
import type { Target } from "../target.ts";

/** Where an address of Cloudflare's own is blocked, one of the owner's usually is not. */
const OWN_DOMAIN =
  "workers.dev is blocked in places: put the mirror on a domain of your own (routes in wrangler.toml, then npm run deploy)";

const CERTIFICATE: Readonly<Record<string, Diagnosis>> = {
  CERT_HAS_EXPIRED: {
    what: "the certificate has expired",
    remedy:
      "set this machine's clock if it is wrong; else renew the certificate: Cloudflare does it by itself for a custom domain, so see SSL/TLS → Edge Certificates",
  },
  CERT_NOT_YET_VALID: {
    what: "the certificate is not valid yet",
    remedy: "set this machine's clock: it is probably behind",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    what: "the certificate is for another host",
    remedy:
      "the name leads to another server: compare its address with Cloudflare's, and ask another resolver; where it is right, add the host as a custom domain of the Worker",
  },
};

const INTERCEPTED: Diagnosis = {
  what: "the certificate is signed by nobody that this machine trusts",
  remedy:
    "a proxy that reads along, or a certificate of your own: give its CA to every client (/etc/docker/certs.d/<host>/ca.crt), and to the doctor with NODE_EXTRA_CA_CERTS=ca.crt",
};

const NO_CERTIFICATE: Diagnosis = {
  what: "the server has no certificate for this host name",
  remedy:
    "a new custom domain has one after some minutes; a name two levels below the zone (a.b.example.com) has none on the free plan: take one level (b.example.com)",
};

/** @returns why there was no answer, and what to do about it. */
export function diagnoseConnection(error: Unanswered, target: Target): Diagnosis {
  const { what, remedy } = byStage(error, target);
  const isWorkersDev = target.origin.hostname.endsWith(".workers.dev");
  const isBlocked = ["dns", "tcp", "tls"].includes(error.stage) && isWorkersDev;
  const detail = `${error.code}${error.code === "TIMEOUT" ? `, ${error.message}` : ""}`;
  return {
    what: `${what} (${detail})`,
    remedy: isBlocked ? `${OWN_DOMAIN}; or ${remedy}` : remedy,
  };
}

function byStage({ stage, code, message }: Unanswered, target: Target): Diagnosis {
  const { hostname } = target.origin;
  switch (stage) {
    case "dns":
      return {
        what: `${hostname} has no address`,
        remedy:
          "check the spelling; a custom domain is entered by npm run deploy (routes in wrangler.toml) and takes some minutes; ask another resolver (dig @1.1.1.1)",
      };
    case "tcp":
      return byTcp(code, target);
    case "tls":
      return byTls(code, message);
    case "request":
      return byRequest(code);
    case "body":
      return {
        what: "the connection broke, or stood still, before the end of the answer",
        remedy:
          "try again; if it stays, something between you and Cloudflare cuts long answers: try another network, and see npm run logs for what the mirror says of it",
      };
  }
}

function byTcp(code: string, { isLoopback, origin }: Target): Diagnosis {
  if (code === "ECONNREFUSED") {
    return {
      what: `nothing listens at ${origin.host}`,
      remedy: isLoopback
        ? "start the mirror (npm start), or check the port"
        : "Cloudflare always listens: the name leads elsewhere, or a firewall answers; compare its address with what dig @1.1.1.1 says",
    };
  }
  return {
    what: `${origin.host} does not let itself be connected to`,
    remedy:
      "a firewall, or a blocked address: try another network; behind a proxy set it in the clients (HTTPS_PROXY) too, the doctor itself goes directly",
  };
}

function byTls(code: string, message: string): Diagnosis {
  const known = CERTIFICATE[code];
  if (known !== undefined) return known;
  if (/SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|CERT_UNTRUSTED/.test(code)) return INTERCEPTED;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH/.test(`${code} ${message}`)) {
    return { what: "the server does not speak TLS", remedy: "check the port, or use http://" };
  }
  if (
    /handshake failure|unrecognized name|HANDSHAKE_FAILURE|UNRECOGNIZED_NAME/i.test(
      `${code} ${message}`,
    )
  ) {
    return NO_CERTIFICATE;
  }
  return {
    what: "the connection breaks off during the TLS handshake",
    remedy:
      "something on the way breaks it, as firewalls do by host name: try another network, or another host name",
  };
}

function byRequest(code: string): Diagnosis {
  if (code === "TIMEOUT") {
    return {
      what: "the mirror takes the request and does not answer",
      remedy:
        "clients wait as well, and do not turn to Docker Hub: see npm run logs; lower UPSTREAM_TIMEOUT_SECONDS if its upstream hangs",
    };
  }
  if (code.startsWith("HPE_")) {
    return { what: "what answers does not speak HTTP", remedy: "check the port" };
  }
  return {
    what: "the connection breaks off before an answer",
    remedy: "try again; if it stays, something on the way breaks it: try another network",
  };
}
