import { SuretyError } from '../base/errors.ts'

/**
 * Cuts a text of Cedar policies into its policies, and bounds what its parser would do with its stack. Pure. The parser of Cedar says
 * what else is wrong with a policy.
 */

export const POLICY_MAX_BYTES = 256 * 1024
export const MAX_POLICIES = 2_000
/** Brackets within brackets. From about a hundred on the parser of Cedar runs out of its stack, and does not recover. */
const MAX_NESTING = 40
/** Of one policy. A long chain of operators nests in the parsed form. */
const MAX_POLICY_CHARACTERS = 16 * 1024

export interface PolicyPiece {
  readonly text: string
  /** Of its first character. From 1 on. */
  readonly line: number
}

/** @throws `INPUT_TOO_DEEP`, `INPUT_TOO_LARGE` or `INPUT_MALFORMED`, with the line. */
export function piecesOf(text: string): readonly PolicyPiece[] {
  const pieces: PolicyPiece[] = []
  let line = 1
  let depth = 0
  let start: number | undefined
  let startLine = 1
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '\n') line++
    if (character === undefined || /\s/.test(character)) continue
    if (character === '/' && text[at + 1] === '/') {
      at = endOfLine(text, at)
      if (at < text.length) line++
      continue
    }
    if (start === undefined) {
      start = at
      startLine = line
    }
    if (character === '"') {
      const end = endOfString(text, at, line)
      line += linesIn(text.slice(at, end))
      at = end
    } else if ('([{'.includes(character)) {
      depth++
      if (depth > MAX_NESTING) {
        throw new SuretyError('INPUT_TOO_DEEP', `line ${line}: brackets are nested more than ${MAX_NESTING} deep`)
      }
    } else if (')]}'.includes(character)) depth--
    else if (character === ';' && depth <= 0) {
      pieces.push(pieceOf(text.slice(start, at + 1), startLine, pieces.length))
      start = undefined
      depth = 0
    }
  }
  // The parser says what is missing at its end.
  if (start !== undefined) pieces.push(pieceOf(text.slice(start), startLine, pieces.length))
  return pieces
}

function pieceOf(text: string, line: number, before: number): PolicyPiece {
  if (before >= MAX_POLICIES) {
    throw new SuretyError('INPUT_TOO_LARGE', `line ${line}: there are more than ${MAX_POLICIES} policies`)
  }
  if (text.length > MAX_POLICY_CHARACTERS) {
    const most = `a policy has at most ${MAX_POLICY_CHARACTERS} characters`
    throw new SuretyError('INPUT_TOO_LARGE', `line ${line}: ${most}: write several`)
  }
  return { text, line }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

/** @returns where its closing quote is. */
function endOfString(text: string, from: number, line: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  throw new SuretyError('INPUT_MALFORMED', `line ${line}: the string that begins here has no end`)
}

function linesIn(text: string): number {
  return text.split('\n').length - 1
}

/** The line of a place in a policy. @param byte offset in its UTF-8, as Cedar counts. */
export function lineAt({ text, line }: PolicyPiece, byte: number): number {
  return line + linesIn(Buffer.from(text).subarray(0, byte).toString())
}
