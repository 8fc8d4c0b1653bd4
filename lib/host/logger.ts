import { pino, type DestinationStream, type Logger } from "pino";
import type { Log } from "#lib/base/log.ts";
import { safeFields, safeText } from "./log-fields.ts";

/** `json`: one object a line, for programs; `pretty`: one line for people. */
export type LogFormat = "json" | "pretty";
export type LogLevel = "debug" | "info" | "warn" | "error";

export interface LoggerOptions {
  /** Who speaks: "trainer-0". */
  readonly name: string;
  readonly format: LogFormat;
  readonly level: LogLevel;
  /** Where lines go; standard output by default. */
  readonly write?: (line: string) => void;
}

/** A log on pino. Secrets, images and endless values are taken out of the fields. */
export function createLogger(options: LoggerOptions): Log {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const sink: DestinationStream = {
    write: options.format === "json" ? write : (line) => write(prettyLine(JSON.parse(line) as LogLine)),
  };
  const logger = pino({ level: options.level, base: { name: options.name }, formatters: { level: levelLabel } }, sink);
  return { debug: at(logger, "debug"), info: at(logger, "info"), warn: at(logger, "warn"), error: at(logger, "error") };
}

function levelLabel(level: string): { level: string } {
  return { level };
}

function at(logger: Logger, level: LogLevel): Log["info"] {
  return (message, fields = {}) => {
    if (logger.isLevelEnabled(level)) logger[level](safeFields(fields), safeText(message));
  };
}

type LogLine = {
  readonly level: string;
  readonly time: number;
  readonly name: string;
  readonly msg: string;
} & Readonly<Record<string, unknown>>;

/** A line of a log, in whichever format it was written, for people; lines of other programs as they are. */
export function readableLine(text: string): string {
  try {
    const line = JSON.parse(text) as Partial<LogLine> | null;
    if (line?.level === undefined || line.time === undefined || line.msg === undefined) return text;
    return prettyLine(line as LogLine).trimEnd();
  } catch {
    return text;
  }
}

/** `MM/DD HH:MM:SS - petage - INFO - message key=value`, as mmengine writes it, in local time. */
function prettyLine({ level, time, name, msg, ...fields }: LogLine): string {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${prettyValue(value)}`);
  return `${prettyTime(new Date(time))} - ${name} - ${level.toUpperCase()} - ${msg}${pairs.join("")}\n`;
}

function prettyTime(time: Date): string {
  const [month, day, hour, minute, second] = [
    time.getMonth() + 1,
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
    time.getSeconds(),
  ].map((part) => String(part).padStart(2, "0"));
  return `${month}/${day} ${hour}:${minute}:${second}`;
}

function prettyValue(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return JSON.stringify(value);
}
