import { ERROR_CODES, type ErrorCode, SuretyError } from '../base/errors.ts'
import { hanging, type Terminal } from '../view/terminal.ts'
import { ERROR_TEXTS, type ErrorText } from './error-catalogue.ts'

export interface ExplainedCode extends ErrorText {
  readonly code: ErrorCode
}

/** Undefined for a word that is no code. Takes `[CODE]` as it is printed, and lower case. */
export function explainedCode(word: string): ExplainedCode | undefined {
  const wanted = word
    .replace(/^\[(.*)\]$/, '$1')
    .toUpperCase()
    .replaceAll('-', '_')
  const code = ERROR_CODES.find((one) => one === wanted)
  return code === undefined ? undefined : { code, ...ERROR_TEXTS[code] }
}

/** @throws `NOT_FOUND` with similar codes. */
export function explainCode(word: string): ExplainedCode {
  const explained = explainedCode(word)
  if (explained !== undefined) return explained
  const [first = ''] = word.toUpperCase().split('_', 1)
  const near = ERROR_CODES.filter((code) => first !== '' && code.startsWith(first))
  const hint = near.length === 0 ? 'give a code as an error prints it in [ ]' : `similar: ${near.join(', ')}`
  throw new SuretyError('NOT_FOUND', `no error code is ${JSON.stringify(word.slice(0, 64))}; ${hint}`)
}

export function explainedLines({ code, meaning, act }: ExplainedCode, terminal: Terminal): string[] {
  return [code, ...hanging(terminal, '  Means', 9, meaning), ...hanging(terminal, '  Do', 9, act)]
}
