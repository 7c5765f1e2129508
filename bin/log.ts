/**
 * The log of `gitws serve`, on stderr: one line a session and one a refusal, by pino, as JSON or as
 * text for a person. What a stranger chose (paths, names) cannot end a line or move a terminal's
 * cursor, and what strangers cause is bounded in number. Nothing here is ever given a credential or
 * a header.
 */
import { pino, type Logger } from 'pino';
import { addressKey } from '../server/admission/client-address.js';
import {
  formatFailedSignIn,
  type Decision,
  type FailedSignIn,
  type RefusalReport,
  type SessionReport,
  type UpstreamReport,
} from '../server/index.js';
import { messageOf } from '../src/base/failure.js';
import { LineBudget, type LineLimits } from './line-budget.js';

/** What is written at all, from much to little. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** Where the server's words go. */
export interface Log {
  /** A session is over. */
  session(report: SessionReport): void;
  /** A client was refused. Of a flood some get a line, and the others are counted. */
  refusal(report: RefusalReport): void;
  /** The rules were asked: for level debug. Of a flood some get a line. */
  decision(decision: Decision): void;
  /** Something an operator should do something about, in a sentence. */
  warn(sentence: string): void;
  /** Something that happened, in a sentence. */
  info(sentence: string): void;
  /** Something that should not have happened, and that nobody causes from outside. */
  error(error: unknown): void;
  /** The same where clients may cause it, as often as they like. Of a flood some get a line. */
  failure(error: unknown): void;
  /** A failed sign-in, as a line for programs that ban. Of a flood some get a line. */
  failedSignIn(failure: FailedSignIn): void;
  /** An upstream is asked no more, or again. Of one that comes and goes some changes get a line. */
  upstream(report: UpstreamReport): void;
  /** Writes what is still to be told of floods. */
  flush(): void;
}

/** A stream, as `process.stderr` is one. */
export interface LogStream {
  write(text: string): unknown;
}

/** Of lines that anybody can cause, for as little as a connection. */
export const refusalLines: LineLimits = { lines: 100, linesPerCause: 10, time: 10_000 };

/** Of what fails, each with its own words: they repeat themselves where descriptors run out. */
export const failureLines: LineLimits = { lines: 100, linesPerCause: 5, time: 10_000 };

/** Of failed sign-ins: an address is limited before (maxFailures), the number of addresses is not. */
export const signInLines: LineLimits = { lines: 200, linesPerCause: 20, time: 10_000 };

/** Of upstreams, which come and go as often as their networks do. */
export const upstreamLines: LineLimits = { lines: 50, linesPerCause: 10, time: 60_000 };

export const decisionLines: LineLimits = { lines: 1_000, linesPerCause: 1_000, time: 10_000 };

/** Longest path of a refusal, in characters: no such repository need exist. */
export const maxPathLength = 200;

/** Longest words of a failure, in characters: a path that a client chose may be in them, or git's own. */
export const maxFailureLength = 2_000;

/** @param format `json` for programs, `text` for people. */
export function createLog(
  format: 'text' | 'json',
  level: LogLevel = 'info',
  stream: LogStream = process.stderr,
): Log {
  const destination = {
    write(line: string): void {
      // Defence: JSON of the log is printable ASCII.
      stream.write(format === 'json' ? escapeJson(line) : formatText(line));
    },
  };
  const logger: Logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (name) => ({ level: name }) },
    },
    destination,
  );
  const refusals = new LineBudget(refusalLines, (count) => {
    logger.warn({ count } satisfies CountFields, 'more refusals');
  });
  const decisions = new LineBudget(decisionLines, (count) => {
    logger.debug({ count } satisfies CountFields, 'more decisions');
  });
  const failures = new LineBudget(failureLines, (count) => {
    logger.error({ count } satisfies CountFields, 'more errors');
  });
  const signIns = new LineBudget(signInLines, (count) => {
    logger.warn({ count } satisfies CountFields, 'more failed sign-ins');
  });
  const upstreams = new LineBudget(upstreamLines, (count) => {
    logger.warn({ count } satisfies CountFields, 'more changes of upstreams');
  });
  return {
    session: (report) => {
      logger.info(sessionFields(report), 'session');
    },
    refusal: (report) => {
      if (refusals.take(addressKey(report.remoteAddress)))
        logger.info(refusalFields(report), 'refusal');
    },
    decision: ({ explanation }) => {
      if (level === 'debug' && decisions.take('')) logger.debug(explanation);
    },
    warn: (sentence) => {
      logger.warn(sentence);
    },
    info: (sentence) => {
      logger.info(sentence);
    },
    error: (error) => {
      logger.error(messageOf(error));
    },
    failure: (error) => {
      const words = cut(messageOf(error), maxFailureLength);
      // Defence: errors that clients cause are counted before they are logged.
      if (failures.take(words)) logger.error(words);
    },
    failedSignIn: (failure) => {
      const line = formatFailedSignIn(failure);
      // Defence: failed sign-ins are counted before they are logged.
      if (signIns.take(addressKey(failure.address))) stream.write(`${line}\n`);
    },
    upstream: ({ host, restTime }) => {
      if (!upstreams.take(host)) return;
      if (restTime === undefined) logger.info(`${host} answers again.`);
      else logger.warn(`${host} does not answer: it is not asked for ${restTime} ms at a time.`);
    },
    flush: () => {
      const budgets = [refusals, decisions, failures, signIns, upstreams];
      for (const budget of budgets) budget.flush();
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
  /** How often its client came back after its connection was lost. */
  readonly resumes: number;
  /** In ms. */
  readonly duration: number;
  /** `exit 0`, `exit SIGKILL`, `closed 1000`. */
  readonly outcome: string;
  /** How the cache of upstreams came to serve it: `unchanged`, `fetched`, `stale`. */
  readonly cache?: string;
}

function sessionFields(report: SessionReport): SessionFields {
  const { id, service, repository, user, remoteAddress, outcome } = report;
  const { bytesIn, bytesOut, resumes } = report;
  return {
    ...{ session: id, service, repository, bytesIn, bytesOut, resumes },
    user: user?.name ?? null,
    address: remoteAddress ?? null,
    duration: Math.round(report.duration),
    outcome:
      outcome.kind === 'exit'
        ? `exit ${outcome.signal ?? outcome.code ?? ''}`
        : `closed ${outcome.closeCode}`,
    ...(report.cache === undefined ? {} : { cache: report.cache }),
  };
}

interface RefusalFields {
  readonly closeCode: number | null;
  readonly status: number;
  readonly reason: string;
  readonly service: string | null;
  readonly repository: string | null;
  readonly user: string | null;
  readonly address: string | null;
}

function refusalFields(report: RefusalReport): RefusalFields {
  const { closeCode = null, status, sentence, service = null, repository, user } = report;
  return {
    ...{ closeCode, status, reason: sentence, service },
    // Defence: the path of a refusal is cut.
    repository: repository === undefined ? null : cut(repository, maxPathLength),
    user: user?.name ?? null,
    address: report.remoteAddress ?? null,
  };
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}...` : text;
}

interface CountFields {
  readonly count: number;
}

/** What is beyond ASCII stands in strings only, where it can be escaped: bidi marks, C1, … */
function escapeJson(line: string): string {
  return line.replace(
    /[^\n -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

type LogRecord = { readonly level: string; readonly msg: string } & Partial<
  SessionFields & RefusalFields & CountFields
>;

function formatText(line: string): string {
  const record = JSON.parse(line) as LogRecord;
  // Defence: text of the log holds no control or format characters.
  return `${formatRecord(record).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')}\n`;
}

function formatRecord(record: LogRecord): string {
  const { level, msg, service, repository, user, address } = record;
  const who = `${(user ?? null) === null ? '' : `${user} `}from ${address ?? 'unknown'}`;
  // No sentence of the log's own comes with such fields.
  if (record.session !== undefined) {
    const { bytesIn, bytesOut, resumes = 0, duration, outcome, session, cache } = record;
    const kept = cache === undefined ? '' : `, from the cache (${cache})`;
    const again = `${resumes > 0 ? `, resumed ${resumes} times` : ''}${kept}`;
    const what = `${bytesIn} bytes in, ${bytesOut} out, ${duration} ms, ${outcome}`;
    return `${service} ${repository} ${who}: ${what}${again}, session ${session}`;
  }
  if (record.status !== undefined) {
    const { closeCode, status, reason } = record;
    const what = [service, repository].filter((word) => (word ?? null) !== null);
    return ['refused', ...what, `${who}:`, closeCode ?? status, reason].join(' ');
  }
  const count = record.count === undefined ? '' : `${record.count} `;
  return `gitws: ${level === 'info' ? '' : `${level}: `}${count}${msg}`;
}
