import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { type Log, silentLog } from '../../../src/base/log.ts'
import {
  type EnrolmentSource,
  enrolmentCredential,
  enrolmentFile,
  firstOf,
} from '../../../src/daemon/enrolment/enrolment-source.ts'
import { formatEnrolmentString, parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { freePort } from '../../support/processes/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** An enrolment that nobody watches: one line in the log for what is wrong, and an end by itself once it is mended. */

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

interface Line {
  readonly message: string
  readonly code: unknown
  readonly reason: unknown
}

function warnings(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = []
  const warn: Log['warn'] = (message, fields) => {
    if (message.includes('enrol')) lines.push({ message, code: fields?.code, reason: fields?.reason })
  }
  return { log: { ...silentLog, warn }, lines }
}

const at = (enrolment: string, url: string) => formatEnrolmentString({ ...parseEnrolmentString(enrolment), url })
const write = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 })
const devices = () => running.rows('SELECT id FROM devices')

function opened(path: string, text: string): void {
  write(path, text)
  chmodSync(path, 0o644)
}

interface Trouble {
  /** Puts the enrolment file there, or what is in its place. */
  readonly place: (path: string, enrolment: string) => unknown
  readonly code: string
  readonly says: RegExp
  /** The state that `surety status` shows meanwhile. */
  readonly shown?: 'refused'
  /** Absent: the right string is brought. */
  readonly mend?: (path: string, enrolment: string) => unknown
}

const revoked = async (path: string) => {
  const { id, enrolment } = await running.tokenWithId()
  await running.directory.services.tokens.revoke(id, 'adm')
  write(path, enrolment)
}

test.each<[string, Trouble]>([
  [
    'a name that no server has',
    {
      place: (path, right) => write(path, at(right, 'wss://nowhere.invalid:7443')),
      code: 'DIRECTORY_UNREACHABLE',
      says: /wss:\/\/nowhere\.invalid:7443/,
    },
  ],
  [
    'a port where nothing listens',
    {
      place: async (path, right) => write(path, at(right, `wss://127.0.0.1:${await freePort()}`)),
      code: 'DIRECTORY_UNREACHABLE',
      says: /wss:\/\/127\.0\.0\.1:\d+: nothing listens there/,
    },
  ],
  [
    'the pins of another directory',
    {
      place: (path, right) =>
        write(path, formatEnrolmentString({ ...parseEnrolmentString(right), ca: 'A'.repeat(43) })),
      code: 'PIN_MISMATCH',
      says: /pinned key/,
    },
  ],
  ['a revoked token', { place: revoked, code: 'TOKEN_REVOKED', says: /the token was revoked/, shown: 'refused' }],
  [
    'a used token',
    {
      async place(path) {
        const enrolment = await running.token()
        const device = running.device()
        const { wire } = await device.enrol(enrolment)
        wire.send(await device.batch())
        await wire.nextOf('ack')
        wire.cut()
        await wire.closed
        write(path, enrolment)
      },
      code: 'TOKEN_USED',
      says: /the token was used: a device that enrols again needs a new one/,
      shown: 'refused',
    },
  ],
  [
    'no TPM where the token asks for one',
    {
      place: async (path) => write(path, await running.token({ minimumTier: 'tpm' })),
      code: 'TIER_TOO_LOW',
      says: /the tier is software, the token asks for tpm/,
      shown: 'refused',
    },
  ],
  [
    'half a string',
    {
      place: (path, right) => write(path, right.slice(0, -9)),
      code: 'ENROLMENT_STRING_INVALID',
      says: /complete|damaged/,
    },
  ],
  ['an empty file', { place: (path) => write(path, ''), code: 'ENROLMENT_STRING_INVALID', says: /not a complete/ }],
  [
    'a file that is a link',
    {
      place(path, right) {
        write(`${path}.real`, right)
        symlinkSync(`${path}.real`, path)
      },
      code: 'FILE_IS_LINK',
      says: /is a link, which is not followed: name the file itself/,
      mend(path, right) {
        rmSync(path)
        write(path, right)
      },
    },
  ],
  [
    'a file that others may read',
    {
      place: opened,
      code: 'NOT_PERMITTED',
      says: /can be read by others: .*chmod/,
      mend: (path) => chmodSync(path, 0o600),
    },
  ],
  [
    'a folder in place of the file',
    {
      place: (path) => mkdirSync(path),
      code: 'FILE_NOT_REGULAR',
      says: /is not a regular file/,
      mend(path, right) {
        rmSync(path, { recursive: true })
        write(path, right)
      },
    },
  ],
])('%s: one line reports it, and the device enrols once it is fixed', async (_, trouble) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'with space & ümläut 日本', 'enrolment')
  mkdirSync(dirname(path), { mode: 0o700 })
  const right = await running.token()
  await trouble.place(path, right)
  const { log, lines } = warnings()
  const components = { enrolment: enrolmentFile({ log }, path) }
  const stateFolder = join(folder.path, 'state')
  await using daemon = runningDaemon({ stateFolder, log, components })
  const status = await daemon.untilStatus(({ directory }) => directory.lastError !== undefined)
  expect(status.directory.lastError?.code).toBe(trouble.code)
  expect(status.enrolment).toBe(trouble.shown ?? 'not-enrolled')
  expect(lines).toEqual([
    { message: expect.stringMatching(/enrol/), code: trouble.code, reason: expect.stringMatching(trouble.says) },
  ])
  expect(existsSync(join(stateFolder, 'identity.json'))).toBe(false)
  await (trouble.mend ?? write)(path, right)
  await daemon.until('enrolled')
  await waitFor('the string to be erased', () => !existsSync(path))
  expect((await daemon.untilStatus(({ directory }) => directory.connected)).enrolment).toBe('enrolled')
})

test.each([
  [400, 'its certificate has ended'],
  [-400, 'its certificate is not valid yet'],
])('names a certificate of %d days ago, and enrols at a directory with a valid one', async (days, words) => {
  using folder = temporaryFolder()
  const { log, lines } = warnings()
  const clock = { ...systemClock, now: () => systemClock.now() - days * 86_400_000 }
  await using other = await runningDirectory({}, { clock })
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: await other.token(), log })
  const status = await daemon.untilStatus(({ directory }) => directory.lastError !== undefined)
  expect(status.enrolment).toBe('not-enrolled')
  expect(lines).toEqual([
    { message: 'this device could not enrol', code: 'CERTIFICATE_EXPIRED', reason: expect.stringContaining(words) },
  ])
  write(join(folder.path, 'enrolment'), await running.token())
  daemon.refresh()
  await daemon.until('enrolled')
})

test('a directory that is away is waited for', async () => {
  const away = await runningDirectory({
    devices: { host: '127.0.0.1', port: await freePort(), channelBinding: 'required' },
  })
  try {
    using folder = temporaryFolder()
    const enrolment = await away.token()
    await away.directory[Symbol.asyncDispose]()
    const { log, lines } = warnings()
    await using daemon = runningDaemon({ stateFolder: folder.path, enrolment, log })
    const { directory } = await daemon.untilStatus((status) => status.directory.lastError !== undefined)
    expect(directory.lastError?.code).toBe('DIRECTORY_UNREACHABLE')
    await away.restart()
    await daemon.until('enrolled')
    expect(lines).toHaveLength(1)
  } finally {
    await away[Symbol.asyncDispose]()
  }
})

test('a device waits as pending without its string, over a restart, until accepted', async () => {
  using folder = temporaryFolder()
  const enrolment = await running.token({ pending: 'all' })
  const first = runningDaemon({ stateFolder: folder.path, enrolment })
  const { device } = await first.untilStatus((status) => status.enrolment === 'pending')
  await waitFor('the string to be erased', () => !existsSync(join(folder.path, 'enrolment')))
  await first.end()
  await using second = runningDaemon({ stateFolder: folder.path })
  await second.untilStatus(({ directory }) => directory.lastError?.code === 'ENROLMENT_PENDING')
  await running.directory.services.pendingDevices.settle(device?.id ?? '', { outcome: 'accept' }, 'adm')
  second.refresh()
  await second.until('acknowledged')
  expect(await second.status()).toMatchObject({ enrolment: 'enrolled', device: { id: device?.id } })
})

test('a refused device reports it, and enrols with a new string as another device', async () => {
  using folder = temporaryFolder()
  await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: await running.token({ pending: 'all' }) })
  const { device } = await daemon.untilStatus((status) => status.enrolment === 'pending')
  await running.directory.services.pendingDevices.settle(device?.id ?? '', { outcome: 'refuse' }, 'adm')
  await daemon.untilStatus((status) => status.enrolment === 'refused')
  write(join(folder.path, 'enrolment'), await running.token())
  const again = await daemon.untilStatus((status) => status.enrolment === 'pending' && status.device?.id !== device?.id)
  await running.directory.services.pendingDevices.settle(again.device?.id ?? '', { outcome: 'accept' }, 'adm')
  await daemon.untilStatus(({ directory }) => directory.connected)
})

describe('a credential of systemd', () => {
  const sources = (log: Log, folder: string): EnrolmentSource =>
    firstOf([enrolmentFile({ log }, join(folder, 'enrolment')), enrolmentCredential(join(folder, 'surety.enrolment'))])

  test('enrols the device once, although it cannot be erased', async () => {
    using folder = temporaryFolder()
    write(join(folder.path, 'surety.enrolment'), await running.token())
    const components = () => ({ enrolment: sources(silentLog, folder.path) })
    const first = runningDaemon({ stateFolder: folder.path, components: components() })
    await first.until('acknowledged')
    await first.end()
    const before = devices()
    await using second = runningDaemon({ stateFolder: folder.path, components: components() })
    await second.until('attested')
    expect(devices()).toEqual(before)
    expect(existsSync(join(folder.path, 'surety.enrolment'))).toBe(true)
  })

  test('is not used by a device that enrolled with a file, which is erased', async () => {
    using folder = temporaryFolder()
    const { id, enrolment } = await running.tokenWithId()
    write(join(folder.path, 'surety.enrolment'), enrolment)
    const components = { enrolment: sources(silentLog, folder.path) }
    await using daemon = runningDaemon({ stateFolder: folder.path, enrolment: await running.token(), components })
    await daemon.until('acknowledged')
    expect(existsSync(join(folder.path, 'enrolment'))).toBe(false)
    expect(running.rows('SELECT used FROM tokens WHERE id = ?', id)).toEqual([{ used: 0 }])
  })

  test.each([
    ['others may read', opened, 'NOT_PERMITTED'],
    ['is damaged', (path: string, right: string) => write(path, right.slice(0, 40)), 'ENROLMENT_STRING_INVALID'],
    ['is a link', (path: string) => symlinkSync('/etc/hostname', path), 'FILE_IS_LINK'],
  ])('that %s enrols nothing, and a file still does', async (_, place, code) => {
    using folder = temporaryFolder()
    const right = await running.token()
    place(join(folder.path, 'surety.enrolment'), right)
    const components = { enrolment: sources(silentLog, folder.path) }
    await using daemon = runningDaemon({ stateFolder: join(folder.path, 'state'), components })
    const { directory } = await daemon.untilStatus((status) => status.directory.lastError !== undefined)
    expect(directory.lastError?.code).toBe(code)
    write(join(folder.path, 'enrolment'), right)
    await daemon.until('enrolled')
  })
})

test('a string that is brought again is erased, and enrols nothing', async () => {
  using folder = temporaryFolder()
  const { id, enrolment } = await running.tokenWithId({ uses: 9, unbound: true })
  const first = runningDaemon({ stateFolder: folder.path, enrolment })
  await first.until('acknowledged')
  await first.end()
  await using second = runningDaemon({ stateFolder: folder.path, enrolment })
  await second.until('attested')
  expect(existsSync(join(folder.path, 'enrolment'))).toBe(false)
  expect(running.rows('SELECT used FROM tokens WHERE id = ?', id)).toEqual([{ used: 1 }])
})

test.each<[string, (text: string) => Uint8Array]>([
  ['as UTF-16, by PowerShell', (text) => Buffer.from(`\ufeff${text}\r\n`, 'utf16le')],
  ['with a byte order mark', (text) => Buffer.from(`\ufeff${text}\r\n`)],
  ['with white space around it', (text) => Buffer.from(`\r\n  ${text} \n\n`)],
])('a string that was written %s is read', async (_, encode) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'enrolment')
  const string = await running.token()
  writeFileSync(path, encode(string), { mode: 0o600 })
  const source = enrolmentFile({ log: silentLog }, path)
  expect(await source.read({ enrolled: false })).toEqual(parseEnrolmentString(string))
})

test.each<[string, Uint8Array]>([
  ['half a UTF-16 character', Buffer.from([0xff, 0xfe, 0x41])],
  ['a byte order mark alone', Buffer.from([0xff, 0xfe])],
  ['no text', Buffer.from([0x80, 0x81])],
])('%s is no string', async (_, bytes) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'enrolment')
  writeFileSync(path, bytes, { mode: 0o600 })
  const read = () => enrolmentFile({ log: silentLog }, path).read({ enrolled: false })
  expect(await codeThrown(read)).toBe('ENROLMENT_STRING_INVALID')
})

test('another string that was brought meanwhile is not erased', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'enrolment')
  write(path, await running.token())
  const source = enrolmentFile({ log: silentLog }, path)
  await source.read({ enrolled: false })
  const other = await running.token()
  write(path, other)
  await source.used()
  expect(readFileSync(path, 'utf8')).toBe(other)
  await source.read({ enrolled: false })
  await source.used()
  expect(existsSync(path)).toBe(false)
})

describe('the setting directory.url', () => {
  test('wins over the address in the string, and over the one that the device had', async () => {
    using folder = temporaryFolder()
    const right = await running.token()
    const { url } = parseEnrolmentString(right)
    const enrolment = at(right, 'wss://nowhere.invalid:7443')
    const first = runningDaemon({ stateFolder: folder.path, enrolment, directoryUrl: url })
    await first.until('acknowledged')
    expect((await first.status()).directory.url).toBe(url)
    await first.end()
    const moved = url.replace('localhost', '127.0.0.1')
    await using second = runningDaemon({ stateFolder: folder.path, directoryUrl: moved })
    const status = await second.untilStatus(({ directory }) => directory.connected)
    expect(status.directory.url).toBe(moved)
  })

  test('does not win over the pins in the string', async () => {
    await using other = await runningDirectory()
    using folder = temporaryFolder()
    const { url } = parseEnrolmentString(await other.token())
    await using daemon = runningDaemon({
      stateFolder: folder.path,
      enrolment: await running.token(),
      directoryUrl: url,
    })
    const { directory } = await daemon.untilStatus((status) => status.directory.lastError !== undefined)
    expect(directory.lastError?.code).toBe('PIN_MISMATCH')
    expect(other.rows('SELECT 1 FROM devices')).toEqual([])
  })
})
