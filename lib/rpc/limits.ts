/** Bounds of every server and client. Sources: reference limits of grpc-js 1.14 (4 MiB received, nothing else bounded). */

/** Largest request of inference, and response of all services but those below: a photo of 12 MiB with room to say no. */
export const MAX_MESSAGE_BYTES = 16 * 2 ** 20;
/** Largest request of the other services, to which neither photos nor weights travel. */
export const MAX_CONTROL_MESSAGE_BYTES = 2 ** 20;
/** Largest response of the data-loader: a batch of 256 images of 224 x 224 pixels is 38.5 MB. */
export const MAX_BATCH_MESSAGE_BYTES = 64 * 2 ** 20;
/** A question for health names a service. */
export const MAX_HEALTH_MESSAGE_BYTES = 4096;
/** What a data-loader may send ahead of its reader; HTTP/2's 64 KiB would stop 75 times in a batch of 32 images. */
export const BATCH_WINDOW_BYTES = 8 * 2 ** 20;
/** Calls that one connection may have open; further ones wait in the client. */
export const MAX_STREAMS_PER_CONNECTION = 256;
/** Calls that a whole server may have open; if none gives way, further ones are answered UNAVAILABLE at once. */
export const MAX_OPEN_CALLS = 1024;
/** The part of those that streams of answers may have, which last; the rest is for calls that end soon. */
export const MAX_STREAM_FRACTION = 0.75;
/** Of those, calls that one client may have open; if none gives way, further ones are answered RESOURCE_EXHAUSTED. */
export const MAX_CALLS_PER_CLIENT = 256;
/** Calls of health and reflection that a server may have open besides: of those with one answer, and of those with many. */
export const MAX_STANDARD_CALLS = 256;

/** Requests under way of one connection, and of all, in largest messages: 64 MiB and 256 MiB for inference. */
export const CONNECTION_MESSAGES = 4;
export const SERVER_MESSAGES = 16;
/** Connections that a server may have: more than calls, so that there is one without a call to give way to another. */
export const MAX_CONNECTIONS = 2048;
/** How long a connection may say nothing once it is open. */
export const MAX_SILENT_MS = 30_000;
/** How long a call may wait for the rest of a request or of a message in a stream. */
export const MAX_RECEIVE_MS = 30_000;
/** How long a stream of requests may have nothing to do. */
export const MAX_IDLE_STREAM_MS = 300_000;
/** How long an answer may wait to be read, except by a trainer. */
export const MAX_UNREAD_MS = 300_000;
/** How long a client may take to end a call that has its status. */
export const MAX_END_MS = 10_000;
/** How often it is looked whether one of these has passed. */
export const WAIT_CHECK_INTERVAL_MS = 1_000;
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
