/**
 * The log of `gitws serve`, on stderr: one line a session, by pino, as JSON or as text for a person.
 * What a stranger chose (paths, names) cannot end a line or move a terminal's cursor. Nothing here
 * is ever given a credential or a header.
 */
import { pino, type Logger } from 'pino';
import type { SessionReport } from '../server/index.js';

/** Where the server's words go. */
export interface Log {
  /** A session is over. */
  session(report: SessionReport): void;
  /** Something an operator should do something about, in a sentence. */
  warn(sentence: string): void;
  /** Something that happened, in a sentence. */
  info(sentence: string): void;
  /** Something that should not have happened. */
  error(error: unknown): void;
  /** One line as it stands, for programs that read logs line by line. */
  plain(line: string): void;
}

/** A stream, as `process.stderr` is one. */
export interface LogStream {
  write(text: string): unknown;
}

/** @param format `json` for programs, `text` for people. */
export function createLog(format: 'text' | 'json', stream: LogStream = process.stderr): Log {
  const destination = {
    write(line: string): void {
      stream.write(format === 'json' ? escapeJson(line) : formatText(line));
    },
  };
  const logger: Logger = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  );
  return {
    session: (report) => {
      logger.info(fieldsOf(report), 'session');
    },
    warn: (sentence) => {
      logger.warn(sentence);
    },
    info: (sentence) => {
      logger.info(sentence);
    },
    error: (error) => {
      logger.error(error instanceof Error ? error.message : String(error));
    },
    plain: (line) => {
      stream.write(`${line}\n`);
    },
  };
}

interface SessionFields {
  readonly session: string;
  readonly service: string;
  readonly repository: string;
  readonly user: string | null;
  readonly address: string | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** In ms. */
  readonly duration: number;
  /** `exit 0`, `exit SIGKILL`, `closed 1000`. */
  readonly outcome: string;
}

function fieldsOf(report: SessionReport): SessionFields {
  const { id, service, repository, user, remoteAddress, bytesIn, bytesOut, outcome } = report;
  return {
    ...{ session: id, service, repository, bytesIn, bytesOut },
    user: user?.name ?? null,
    address: remoteAddress ?? null,
    duration: Math.round(report.duration),
    outcome:
      outcome.kind === 'exit'
        ? `exit ${outcome.signal ?? outcome.code ?? ''}`
        : `closed ${outcome.closeCode}`,
  };
}

/** What is beyond ASCII stands in strings only, where it can be escaped: bidi marks, C1, … */
function escapeJson(line: string): string {
  return line.replace(
    /[^\n -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function formatText(line: string): string {
  const record = JSON.parse(line) as { level: string; msg: string } & Partial<SessionFields>;
  return `${formatRecord(record).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')}\n`;
}

function formatRecord(record: { level: string; msg: string } & Partial<SessionFields>): string {
  const { level, msg, service } = record;
  if (service === undefined) return `gitws: ${level === 'info' ? '' : `${level}: `}${msg}`;
  const { repository, user, address, bytesIn, bytesOut, duration, outcome, session } = record;
  const who = `${user === null ? '' : `${user} `}from ${address ?? 'unknown'}`;
  const what = `${bytesIn} bytes in, ${bytesOut} out, ${duration} ms, ${outcome}`;
  return `${service} ${repository} ${who}: ${what}, session ${session}`;
}
