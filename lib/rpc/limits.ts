/** Bounds of every server and client. Sources: reference limits of grpc-js 1.14 (4 MiB received, nothing else bounded). */

/** Largest request, and largest response of all services but those below: a photo of 12 MiB with room to say no. */
export const MAX_MESSAGE_BYTES = 16 * 2 ** 20;
/** Largest response of the data-loader: a batch of 256 images of 224 x 224 pixels is 38.5 MB. */
export const MAX_BATCH_MESSAGE_BYTES = 64 * 2 ** 20;
/** A question for health names a service. */
export const MAX_HEALTH_MESSAGE_BYTES = 4096;
/** What a data-loader may send ahead of its reader; HTTP/2's 64 KiB would stop 75 times in a batch of 32 images. */
export const BATCH_WINDOW_BYTES = 8 * 2 ** 20;
/** Calls that one connection may have open; further ones wait in the client. */
export const MAX_STREAMS_PER_CONNECTION = 256;
/** Calls that a whole server may have open; further ones are answered UNAVAILABLE at once. */
export const MAX_OPEN_CALLS = 1024;
/** Of those, calls that one client may have open; further ones are answered RESOURCE_EXHAUSTED at once. */
export const MAX_CALLS_PER_CLIENT = 512;
/** Longest error message or hint sent to a caller: gRPC carries them in HTTP/2 headers, which have a limit of their own. */
export const MAX_ERROR_TEXT_CHARACTERS = 2048;

/** How often a silent connection is probed, and how long the answer may take. */
export const KEEPALIVE_INTERVAL_MS = 20_000;
export const KEEPALIVE_TIMEOUT_MS = 20_000;
/** A connection without calls is closed after this time. */
export const MAX_IDLE_CONNECTION_MS = 300_000;
/** How long calls in progress may go on once the server drains. */
export const DRAIN_GRACE_MS = 10_000;
/** Deadline of a unary call that names none. Streams have none unless named. */
export const DEFAULT_DEADLINE_MS = 30_000;
/** A client tries a lost server again after a time that grows from the first to the second. */
export const MIN_RECONNECT_MS = 50;
export const MAX_RECONNECT_MS = 2_000;
/** Requests kept for another attempt: per call, and per client. The default of 1 MiB would turn retries off for photos. */
export const RETRY_BUFFER_BYTES = 16 * 2 ** 20;
export const RETRY_BUFFER_TOTAL_BYTES = 64 * 2 ** 20;
