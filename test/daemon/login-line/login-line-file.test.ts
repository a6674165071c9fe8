import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { keepLoginLine } from '../../../src/daemon/login-line/login-line-file.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const GOOD: Partial<Status> = { enrolment: 'pending' }
const LINE = 'Surety: 1 check of this device to fix. Run: surety status\n'

function keep(file: string, said: { status: Status | Error }, log: Log = silentLog) {
  const end = new AbortController()
  const status = () => {
    if (said.status instanceof Error) throw said.status
    return { ...said.status, tray: { show: 'always' as const } }
  }
  // The sample is of the past.
  const clock = { ...systemClock, now: () => sampleStatus().time }
  const kept = keepLoginLine({ clock, log, status }, { file, everyMs: 5 }, { signal: end.signal })
  return {
    async [Symbol.asyncDispose]() {
      end.abort()
      await kept
    },
  }
}

const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

test('writes the line for everyone to read, takes it back, and leaves nothing', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'motd.d/surety')
  const said = { status: sampleStatus() }
  const umask = process.umask(0o077)
  try {
    await using _ = keep(file, said)
    await waitFor('the line', () => textOf(file) === LINE)
    expect([file, dirname(file)].map((path) => lstatSync(path).mode & 0o777)).toEqual([0o644, 0o755])
    said.status = sampleStatus(GOOD)
    await waitFor('no line', () => !existsSync(file))
    said.status = sampleStatus()
    await waitFor('the line again', () => textOf(file) === LINE)
  } finally {
    process.umask(umask)
  }
  expect(existsSync(file)).toBe(false)
})

test('removes the line of a daemon that was killed', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'surety')
  writeFileSync(file, 'old')
  await using _ = keep(file, { status: sampleStatus(GOOD) })
  await waitFor('no line', () => !existsSync(file))
})

test('a link is not followed, and said once', async () => {
  using folder = temporaryFolder()
  const [file, other] = [join(folder.path, 'surety'), join(folder.path, 'other')]
  writeFileSync(other, 'mine')
  symlinkSync(other, file)
  const warnings: string[] = []
  let looks = 0
  const said = {
    get status() {
      looks++
      return sampleStatus()
    },
  }
  {
    await using _ = keep(file, said, { ...silentLog, warn: (message) => void warnings.push(message) })
    await waitFor('three looks', () => looks > 3)
    expect([readFileSync(other, 'utf8'), warnings.length]).toEqual(['mine', 1])
  }
  expect(readFileSync(other, 'utf8')).toBe('mine')
})

test.each([
  ['a folder stands in its place', (file: string) => mkdirSync(file)],
  ['a file stands where its folder should', (_: string, folder: string) => writeFileSync(folder, '')],
])('continues when it cannot be written: %s', async (_, spoil) => {
  using folder = temporaryFolder()
  const parent = join(folder.path, 'motd.d')
  const file = join(parent, 'surety')
  if (spoil.length === 1) mkdirSync(parent)
  spoil(file, parent)
  const warnings: string[] = []
  await using _kept = keep(
    file,
    { status: sampleStatus() },
    { ...silentLog, warn: (message) => void warnings.push(message) },
  )
  await waitFor('the warning', () => warnings.length === 1)
})
