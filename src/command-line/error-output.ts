import type { Command, CommanderError } from 'commander'
import { codeOf, describeError, type ErrorCode, SuretyError } from '../base/errors.ts'
import { printable, printableJson } from '../base/text/printable.ts'
import { helpPageOf } from './command-tree.ts'
import { generalAdvice } from './error-catalogue.ts'

/** How an error is printed: one line that ends in its code, or one JSON document. */

export interface PrintedError {
  /** `INTERNAL` for what is no `SuretyError`. */
  readonly code: ErrorCode | 'INTERNAL'
  readonly message: string
  /** What a person does next. Undefined if the message says it. */
  readonly advice?: string | undefined
}

/** A longer message would fill the terminal. */
const MAX_CHARACTERS = 1_200

/** What is below an error: lines for people, and members of the document. */
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

/** What a person does next about an error. */
export type AdviceFor = (code: ErrorCode | undefined, message: string) => string | undefined

export function printedError(error: unknown, adviceFor: AdviceFor) {
  const code = codeOf(error)
  const message = error instanceof SuretyError ? error.message : describeError(error)
  const own = error instanceof SuretyError ? error.advice : undefined
  return { code: code ?? 'INTERNAL', message, advice: own ?? adviceFor(code, message) ?? generalAdvice(code) } as const
}

/** Names of one thing that commands have chosen differently. */
const SYNONYMS: Readonly<Record<string, string>> = { product: 'key', key: 'product', owner: 'human', human: 'owner' }

/** @param command the one that was reached. */
export function usageError(error: CommanderError, command: Command): PrintedError {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
  const [, option = ''] = /^unknown option '--([a-z]+)'$/.exec(message) ?? []
  const synonym = command.options.find(({ long }) => long === `--${SYNONYMS[option]}`)
  const hint = synonym === undefined ? '' : ` (Did you mean ${synonym.long}?)`
  return { code: 'USAGE_INVALID', message: `${message}${hint}`, advice: `For help run: ${helpPageOf(command)}` }
}

function bounded(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}…`
}
