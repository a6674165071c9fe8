import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../../src/base/log.ts'
import { createLog, type LogInit } from '../../../src/system/logging/winston-log.ts'
import { standardError } from '../../../src/system/program/own-process.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function written(init: Partial<LogInit>, write: (log: Log) => void): Promise<string[]> {
  using folder = temporaryFolder()
  const file = join(folder.path, 'daemon.log')
  {
    await using log = createLog({ level: 'info', format: 'json', file, ...init })
    write(log)
  }
  return readFileSync(file, 'utf8').split('\n').slice(0, -1)
}

const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/

test('a line is one JSON object with its facts as members', async () => {
  const lines = await written({}, (log) =>
    log.info('evidence sent', { sequence: 7, deviceId: 'dev_x', gone: undefined }),
  )
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { time: expect.stringMatching(TIME), level: 'info', message: 'evidence sent', sequence: 7, deviceId: 'dev_x' },
  ])
})

test('a fact cannot take the place of time, level or message', async () => {
  const [line = ''] = await written({}, (log) => log.warn('real', { level: 'debug', message: 'forged', time: 'never' }))
  expect(JSON.parse(line)).toEqual({ time: expect.stringMatching(TIME), level: 'warn', message: 'real' })
})

test('lines below the level are not written', async () => {
  const lines = await written({ level: 'warn' }, (log) => {
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
  })
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(['c', 'd'])
})

test.each(['token', 'adminToken', 'password', 'pin', 'clientSecret', 'privateKey', 'Authorization'])(
  'the value of a field called %s is withheld',
  async (name) => {
    const lines = await written({ format: 'text' }, (log) => log.info('made', { [name]: 'hush', tokenId: 'tok_1' }))
    expect(lines[0]?.replace(TIME, 'T')).toBe(`T info  made ${name}="(withheld)" tokenId=tok_1`)
  },
)

test.each([
  [
    '"/srv/x" can be read by others: chmod 600 "/srv/x"',
    String.raw`"\"/srv/x\" can be read by others: chmod 600 \"/srv/x\""`,
  ],
  ['C:\\Program Files\\', String.raw`"C:\\Program Files\\"`],
  ['"', String.raw`"\""`],
  ['two words', '"two words"'],
  ['/one/word', '/one/word'],
])('%j ends where its quotes do: %s', async (value, shown) => {
  const lines = await written({ format: 'text' }, (log) => log.info('said', { reason: value, other: 1 }))
  expect(lines[0]?.replace(TIME, 'T')).toBe(`T info  said reason=${shown} other=1`)
})

test('foreign text cannot start a line of its own nor reach the terminal', async () => {
  const hostile = 'a\n2026-01-01T00:00:00Z error forged\u001b[2J\u202e'
  const lines = await written({ format: 'text' }, (log) => log.info('seen', { name: hostile }))
  expect(lines.map((line) => line.replace(TIME, 'T'))).toEqual([
    'T info  seen name="a\\n2026-01-01T00:00:00Z error forged\\x1b[2J\\u{202e}"',
  ])
})

test('sets aside a full file, and keeps a limited number, private to us', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'daemon.log')
  {
    await using log = createLog({ level: 'info', format: 'json', file, maxBytes: 10_000, maxFiles: 3 })
    for (let number = 0; number < 1000; number++) log.info('line', { number })
  }
  const names = readdirSync(folder.path)
  expect(names.toSorted()).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2'])
  expect(names.map((name) => statSync(join(folder.path, name)).mode & 0o777)).toEqual([0o600, 0o600, 0o600])
  const kept = ['daemon.log.2', 'daemon.log.1', 'daemon.log'].flatMap((name) =>
    readFileSync(join(folder.path, name), 'utf8').split('\n').slice(0, -1),
  )
  expect(kept.map((line) => JSON.parse(line).number)).toEqual(kept.map((_, index) => 1000 - kept.length + index))
})

test('a folder that others can write to is refused', async () => {
  expect(await codeThrown(() => createLog({ level: 'info', format: 'json', file: '/tmp/surety.log' }))).toBe(
    'STORE_FAILED',
  )
})

test('a blocked reader of standard error costs lines, not memory, and gets their count', () => {
  const taken: string[] = []
  const stderr = { writableLength: 0, write: (chunk: Uint8Array | string) => taken.push(String(chunk)) }
  const lines = standardError(stderr)
  lines.write('one\n')
  stderr.writableLength = 1024 * 1024
  lines.write('two\n')
  lines.write('three\n')
  stderr.writableLength = 0
  lines.write('four\n')
  expect(taken).toEqual(['one\n', '2 lines of the log were left out: nobody read them\n', 'four\n'])
})
