import type { CommanderError } from 'commander'
import { codeOf, describeError, type ErrorCode, SuretyError } from '../base/errors.ts'
import { printable, printableJson } from '../base/printable.ts'
import { ERROR_TEXTS } from './error-catalogue.ts'

/** How an error is printed: one line that ends in its code, or one JSON document. */

export interface PrintedError {
  /** `INTERNAL` for what is no `SuretyError`. */
  readonly code: ErrorCode | 'INTERNAL'
  readonly message: string
  /** What a person does next. Undefined if the message says it. */
  readonly advice?: string | undefined
}

/** Messages that name the way out need no advice beside it. */
const SAYS_WHAT_TO_DO =
  /\b(run|give|stop it|use another|retire|list them|make one|get|take|copy|check|restore|remove|leave|write|expected|one of|from \d|the (?:commands|contexts) are|similar|chmod|must|lacks)\b|--[a-z]|\bsurety(?:-directory)? [a-z]/i

/** A longer message would fill the terminal. */
const MAX_CHARACTERS = 1_200

/** What stands below an error: lines for people, and members of the document. */
export interface BelowError {
  readonly lines: readonly string[]
  readonly members: Readonly<Record<string, unknown>>
}

/** `surety: cannot reach suretyd. Start suretyd. [DAEMON_UNREACHABLE]` and the end of the line, then the lines below. */
export function errorLine(program: string, { code, message, advice }: PrintedError, below?: BelowError): string {
  const text = bounded(printable(message))
  const words = advice === undefined ? text : `${/[.?!:\u2026]$/.test(text) ? text : `${text}.`} ${advice}`
  return [`${program}: ${words} [${code}]`, ...(below?.lines ?? []), ''].join('\n')
}

/** One document; `schema` is `PROGRAM/error@1`. */
export function errorDocument(program: string, { code, message, advice }: PrintedError, below?: BelowError): string {
  const error = { code, message: bounded(message), ...(advice === undefined ? {} : { advice }) }
  return `${printableJson({ schema: `${program}/error@1`, error, ...below?.members })}\n`
}

export function printedError(error: unknown, adviceFor: (code: ErrorCode | undefined) => string | undefined) {
  const code = codeOf(error)
  const message = error instanceof SuretyError ? error.message : describeError(error)
  const isPlain = code === undefined || code === 'SESSION_TIMEOUT' || SAYS_WHAT_TO_DO.test(message)
  const general = isPlain ? undefined : ERROR_TEXTS[code].act
  return { code: code ?? 'INTERNAL', message, advice: adviceFor(code) ?? general } as const
}

/** @param helpPage the command that prints the help of what was typed. */
export function usageError(error: CommanderError, helpPage: string): PrintedError {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
  return { code: 'USAGE_INVALID', message, advice: `For help run: ${helpPage}` }
}

function bounded(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}…`
}
