import type { PeerCertificate } from "node:tls";
import { isRole, type Role } from "./roles.ts";

/** Who calls, as far as it is known. */
export interface Caller {
  /** For messages, and to count its calls. */
  readonly name: string;
  readonly roles: ReadonlySet<Role>;
}

/** A role in a certificate is a URI among its subject's alternative names: `petage://role/train`. */
const ROLE_URI = "petage://role/";
/** One name of `subjectaltname`. Node puts a name in quotes that could be taken for several. */
const ALTERNATIVE_NAME = /([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

/** Whom a certificate that has been verified names. */
export function callerOfCertificate({ subject, subjectaltname = "" }: PeerCertificate): Caller {
  const roles = [...urisOf(subjectaltname)]
    .filter((uri) => uri.startsWith(ROLE_URI))
    .map((uri) => uri.slice(ROLE_URI.length))
    .filter(isRole);
  // The types know one common name, but there may be several, or none.
  const commonName = subject.CN as string | readonly string[] | undefined;
  return { name: `certificate ${[commonName ?? "without a name"].flat().join(" ")}`, roles: new Set(roles) };
}

/** Read from left to right, so that no name can pass a part of itself off as another. */
function* urisOf(alternativeNames: string): Generator<string> {
  for (const [, kind, value = ""] of alternativeNames.matchAll(new RegExp(ALTERNATIVE_NAME, "gy"))) {
    if (kind === "URI") yield value;
  }
}
