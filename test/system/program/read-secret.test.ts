import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { readSecret } from '../../../src/system/program/read-secret.ts'
import { codeThrown } from '../../support/code-thrown.ts'

/** Standard input as a pipe, or as a terminal that remembers its modes. */
function input(chunks: readonly string[], { isTTY }: { readonly isTTY: boolean }) {
  const stream = new PassThrough()
  for (const chunk of chunks) stream.write(chunk)
  if (!isTTY) stream.end()
  const modes: boolean[] = []
  const stdin = Object.assign(stream, {
    isTTY,
    setRawMode(mode: boolean) {
      modes.push(mode)
      return stdin
    },
  })
  let said = ''
  const ask = (text: string) => {
    said += text
  }
  // Of a terminal only what is used.
  const read = () => readSecret({ stdin: stdin as unknown as ReadStream, ask }, 'Token: ')
  return { read, modes, said: () => said }
}

test.each([[['token\n']], [['token']], [['tok', 'en\r\n']], [['  token \nmore\n']]])(
  'a pipe: the first line of %j',
  async (chunks) => {
    const piped = input(chunks, { isTTY: false })
    expect([await piped.read(), piped.said(), piped.modes]).toEqual(['token', '', []])
  },
)

test.each([[['token\r']], [['tok', 'en', '\n']], [['tokex\u007fn\r']], [['token\u0004']], [['token\rmore']]])(
  'a terminal: %j, asked for and not shown',
  async (chunks) => {
    const typed = input(chunks, { isTTY: true })
    expect(await typed.read()).toBe('token')
    expect([typed.said(), typed.modes]).toEqual(['Token: \n', [true, false]])
  },
)

test.each([
  ['nothing', [''], false],
  ['an empty line', ['\ntoken\n'], false],
  ['white space', ['  \t \n'], false],
  ['more than a token can have', ['x'.repeat(9_000)], false],
  ['Ctrl-C', ['tok\u0003en\r'], true],
  ['Enter alone', ['\r'], true],
  ['more keys than a token can have', ['x'.repeat(9_000)], true],
])('%s is refused', async (_, chunks, isTTY) => {
  const given = input(chunks, { isTTY })
  expect(await codeThrown(given.read)).toBe('USAGE_INVALID')
  expect(given.modes).toEqual(isTTY ? [true, false] : [])
})
