import type { ReadStream } from 'node:tty'
import { SuretyError } from '../../base/errors.ts'

/** A secret from standard input: typed on a terminal without being shown, or piped. It is never on a command line. */

const MAX_CHARACTERS = 8_192
const CONTROL_C = '\u0003'
const CONTROL_D = '\u0004'

export interface SecretSource {
  readonly stdin: ReadStream | NodeJS.ReadStream
  /** Prints the question where the answer of the program does not go. */
  readonly ask: (question: string) => void
}

/**
 * The first line, without the white space around it.
 *
 * @throws `USAGE_INVALID` if it is empty, too long or broken off.
 */
export async function readSecret({ stdin, ask }: SecretSource, question: string): Promise<string> {
  if (!stdin.isTTY) return firstLine(await pipedText(stdin))
  ask(question)
  stdin.setRawMode(true)
  try {
    return firstLine(await typedText(stdin))
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    ask('\n')
  }
}

async function pipedText(stdin: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stdin.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > MAX_CHARACTERS) break
  }
  return text
}

async function typedText(stdin: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stdin.setEncoding('utf8')) {
    for (const character of String(chunk)) {
      if (character === CONTROL_C)
        throw new SuretyError('USAGE_INVALID', 'nothing was read: the question was broken off')
      if (character === '\r' || character === '\n' || character === CONTROL_D) return text
      if (character === '\u007f' || character === '\b') text = text.slice(0, -1)
      else text += character
    }
    if (text.length > MAX_CHARACTERS) return text
  }
  return text
}

function firstLine(text: string): string {
  const line = text.split(/\r?\n/, 1)[0]?.trim() ?? ''
  if (text.length > MAX_CHARACTERS) {
    throw new SuretyError('USAGE_INVALID', `the text has more than ${MAX_CHARACTERS} characters: give the secret alone`)
  }
  if (line === '') {
    throw new SuretyError(
      'USAGE_INVALID',
      'nothing was typed or piped: the help names the option for a file with the secret',
    )
  }
  return line
}
