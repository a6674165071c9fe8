import { fstatSync } from 'node:fs'
import winston from 'winston'
import type { Log, LogFields } from '../../base/log.ts'
import { printable } from '../../base/text/printable.ts'
import { ignoreUnwritten, standardError } from '../program/own-process.ts'
import { rotatingFile } from './rotating-file.ts'

/** Log lines through winston: JSON lines or words, to standard error or to files it rotates. Never throws. */
export interface LogInit {
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly format: 'json' | 'text'
  /** Absolute; standard error when absent. */
  readonly file?: string | undefined
  readonly maxBytes?: number
  readonly maxFiles?: number
}

/** A second belt: callers give no secrets, and a field that is named like one is not written. */
const SECRET_NAME = /secret|token|password|passphrase|^pin$|private|credential|authori[sz]ation|cookie/i
/** What points at a secret is none: `tokenId`. */
const REFERENCE_NAME = /(Id|Name|Label|Count|At|File)$/
const MAX_VALUE_LENGTH = 2048
const MIB = 1024 * 1024

/** Priorities of syslog, which the journal of systemd takes from the beginning of a line: `journalctl -p warning` finds them. */
const PRIORITIES: Readonly<Record<string, string>> = { error: '<3>', warn: '<4>', info: '<6>', debug: '<7>' }

/** Whether standard error leads to the journal. @param named `JOURNAL_STREAM` of systemd: device and inode. */
function isJournal(named: string | undefined): boolean {
  if (named === undefined) return false
  try {
    const { dev, ino } = fstatSync(2, { bigint: true })
    return named === `${dev}:${ino}`
  } catch {
    return false
  }
}

/** @param journal as `isJournal`. @throws `STORE_FAILED`, as `rotatingFile`. */
export function createLog(init: LogInit, journal?: string): Log & AsyncDisposable {
  const stream = streamFor(init)
  const words = init.format === 'json' ? asJson : asText
  const hasPriorities = init.file === undefined && isJournal(journal)
  const priorityOf = (level: string) => (hasPriorities ? (PRIORITIES[level] ?? '') : '')
  const transport = new winston.transports.Stream({ stream })
  // A failure of the log must not end the program, and there is no place to report it.
  transport.on('error', () => undefined)
  const logger = winston.createLogger({
    level: init.level,
    format: winston.format.printf((line) => `${priorityOf(line.level)}${words(line)}`),
    transports: [transport],
    exitOnError: false,
  })
  logger.on('error', () => undefined)
  const write = (level: LogInit['level']) => (message: string, fields?: LogFields) => {
    logger.log({ level, message, fields: withoutSecrets(fields), time: new Date().toISOString() })
  }
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    async [Symbol.asyncDispose]() {
      const finished = new Promise<void>((resolve) => transport.once('finish', () => resolve()))
      logger.end()
      await finished
      stream.end()
    },
  }
}

function streamFor({ file, maxBytes, maxFiles }: LogInit): NodeJS.WritableStream {
  const { stderr } = process
  ignoreUnwritten(stderr)
  const lines = standardError(stderr)
  if (file === undefined) return lines
  return rotatingFile({ path: file, maxBytes: maxBytes ?? 10 * MIB, maxFiles: maxFiles ?? 5, fallback: lines })
}

function withoutSecrets(fields: LogFields = {}): LogFields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      if (value === undefined) return []
      if (SECRET_NAME.test(name) && !REFERENCE_NAME.test(name)) return [[name, '(withheld)']]
      return [[name, typeof value === 'string' ? value.slice(0, MAX_VALUE_LENGTH) : value]]
    }),
  )
}

function asJson({ level, message, time, fields }: winston.Logform.TransformableInfo): string {
  const own = { time, level, message }
  // Twice: first in the line, and no field can take their place.
  return JSON.stringify({ ...own, ...(isFields(fields) ? fields : {}), ...own })
}

function asText({ level, message, time, fields }: winston.Logform.TransformableInfo): string {
  const facts = Object.entries(isFields(fields) ? fields : {}).map(([name, value]) => ` ${name}=${shown(value)}`)
  return `${time} ${level.padEnd(5)} ${printable(String(message))}${facts.join('')}`
}

function isFields(value: unknown): value is LogFields {
  return typeof value === 'object' && value !== null
}

function shown(value: LogFields[string]): string {
  if (typeof value !== 'string') return String(value)
  if (/^[\w.:/@+-]+$/.test(value)) return value
  // Quotes within must not look like its end.
  return `"${printable(value.replace(/["\\]/g, '\\$&'))}"`
}
