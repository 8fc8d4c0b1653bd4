import { PetageError } from "#lib/base/errors.ts";

export interface PageRequest {
  /** 0: as many as the service thinks fit. */
  readonly pageSize: number;
  /** `nextPageToken` of the page before; empty for the first page. */
  readonly pageToken: string;
}

export interface PageLimits {
  readonly defaultSize: number;
  readonly maxSize: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Position of the first item in the list. */
  readonly first: number;
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** The part of a list that a request asks for. @throws INVALID_ARGUMENT for a size or token that cannot be */
export function pageOf<T>(list: readonly T[], { pageSize, pageToken }: PageRequest, limits: PageLimits): Page<T> {
  const first = pageToken === "" ? 0 : Number(pageToken);
  if (!Number.isInteger(first) || first < 0) {
    throw new PetageError("INVALID_ARGUMENT", `page_token ${JSON.stringify(pageToken)} is not one that was given out`);
  }
  if (pageSize < 0) throw new PetageError("INVALID_ARGUMENT", `page_size is ${pageSize}, expected 0 or more`);
  const next = first + Math.min(pageSize || limits.defaultSize, limits.maxSize);
  return { items: list.slice(first, next), first, nextPageToken: next < list.length ? String(next) : "" };
}
