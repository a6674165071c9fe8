import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { codeOf } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { forwarding } from '../../../src/directory/record/forwarding/forwarding.ts'
import { readOutlets } from '../../../src/directory/record/forwarding/read-outlet.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'

/** Every entry of the record, sent to files and over real TLS. */

let directory: TestDirectory
let opened: AsyncDisposableStack
beforeEach(async () => {
  opened = new AsyncDisposableStack()
  directory = opened.use(await startTestDirectory())
  writeFileSync(file('ca.pem'), directory.ca)
  writeFileSync(file('token'), 'hec-token\n', { mode: 0o600 })
})
afterEach(() => opened.disposeAsync())

const file = (name: string) => join(directory.folder, name)

async function grow(count = 1): Promise<void> {
  for (let at = 0; at < count; at++) {
    await directory.services.tokens.create(
      { owner: 'ada@example.org', ttlMs: 3_600_000, minimumTier: 'software' },
      'ada',
    )
  }
  await directory.sequence()
}

/** As after a start of the directory: nothing is remembered but what is stored. */
function started(...settings: readonly string[]) {
  const outlets = readOutlets(settings, 'directory.example.org')
  const { store, clock, logKey } = directory
  const random = (bytes: number) => new Uint8Array(bytes)
  const { step } = forwarding({ store, clock, log: silentLog, random, logKey }, outlets)
  return (name: string) => step(name, new AbortController().signal)
}

const state = async (name: string) => (await directory.store.forwards.get(name)) ?? { position: 0 }
const size = () => directory.store.record.size()
const indexesIn = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).metadata.sequence)
const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n')

async function listening(server: Server): Promise<number> {
  const connections = new Set<Socket>()
  server.on('connection', (connection: Socket) => connections.add(connection))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.defer(() => {
    for (const connection of connections) connection.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function openToOthers(path: string): void {
  writeFileSync(path, '')
  chmodSync(path, 0o622)
}

/** Reads each connection to its end, then closes it. */
async function syslogReceiver(onConnection: () => boolean = () => true) {
  const batches: string[] = []
  const { key, cert } = directory.authority.tls()
  const server = createTlsServer({ key, cert, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
    socket.on('end', () => {
      batches.push(Buffer.concat(chunks).toString())
      socket.end()
    })
  })
  // Before it has read anything.
  server.on('connection', (connection: Socket) => {
    if (!onConnection()) connection.resetAndDestroy()
  })
  return { batches, setting: `siem syslog 127.0.0.1:${await listening(server)} ca=${file('ca.pem')}` }
}

interface HecRequest {
  readonly url: string | undefined
  readonly authorization: string | undefined
  readonly body: string
}

async function hecReceiver(answer: (response: ServerResponse) => void) {
  const requests: HecRequest[] = []
  const { key, cert } = directory.authority.tls()
  const server = createServer({ key, cert }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const { url, headers } = request
    requests.push({ url, authorization: headers.authorization, body: Buffer.concat(chunks).toString() })
    answer(response)
  })
  const port = await listening(server)
  return { requests, setting: `splunk hec https://127.0.0.1:${port} token=${file('token')} ca=${file('ca.pem')}` }
}

/** Messages by the lengths before them. @throws for bytes that are no frame. */
function framesIn(text: string): readonly string[] {
  const frames: string[] = []
  for (let bytes = Buffer.from(text); bytes.length > 0; ) {
    const [, length = ''] = /^(\d+) /.exec(bytes.subarray(0, 12).toString()) ?? []
    if (length === '') throw new Error(`no frame: ${bytes.subarray(0, 80)}`)
    const start = length.length + 1
    frames.push(bytes.subarray(start, start + Number(length)).toString())
    bytes = bytes.subarray(start + Number(length))
  }
  return frames
}

describe('a file', () => {
  test('gets every entry once and in order, across a restart', async () => {
    await grow(3)
    const setting = `disk file ${file('record.jsonl')}`
    expect(await started(setting)('disk')).toBe(true)
    const before = await size()
    expect(await started(setting)('disk')).toBe(false)
    await grow(2)
    expect(await started(setting)('disk')).toBe(true)
    expect(indexesIn(linesOf(file('record.jsonl')))).toEqual(Array.from({ length: await size() }, (_, at) => at))
    expect(await size()).toBe(before + 2)
    expect(statSync(file('record.jsonl')).mode & 0o777).toBe(0o600)
  })

  test('loses the half line of a power cut, and gets that entry again', async () => {
    await grow(3)
    const setting = `disk file ${file('record.jsonl')}`
    await started(setting)('disk')
    const { position } = await state('disk')
    appendFileSync(file('record.jsonl'), '{"half":')
    await grow()
    await started(setting)('disk')
    expect(indexesIn(linesOf(file('record.jsonl')))).toEqual(Array.from({ length: position + 1 }, (_, at) => at))
  })

  test('is followed by a new one after it is renamed', async () => {
    await grow()
    const step = started(`disk file ${file('record.jsonl')}`)
    await step('disk')
    const { position } = await state('disk')
    renameSync(file('record.jsonl'), file('record.1.jsonl'))
    await grow()
    await step('disk')
    expect(indexesIn(linesOf(file('record.jsonl')))).toEqual([position])
  })

  test.each<[string, (path: string) => void, string]>([
    ['a link', (path) => symlinkSync('/etc/hostname', path), 'ELOOP'],
    ['text that is not its own', (path) => writeFileSync(path, 'notes', { mode: 0o600 }), 'lines of JSON'],
    ['a file that others can write', openToOthers, 'can be written by others'],
  ])('that is %s is left alone, and the entries wait', async (_, place, problem) => {
    const path = file('record.jsonl')
    place(path)
    const before = readFileSync(path)
    await grow()
    expect(await started(`disk file ${path}`)('disk')).toBe(false)
    expect(await state('disk')).toMatchObject({ position: 0, attempts: 1 })
    expect(readFileSync(path)).toEqual(before)
    expect((await directory.store.forwards.get('disk'))?.problem).toContain(problem)
  })

  test('that was cut to nothing gets what follows', async () => {
    await grow()
    const step = started(`disk file ${file('record.jsonl')}`)
    await step('disk')
    truncateSync(file('record.jsonl'))
    await grow()
    await step('disk')
    expect(linesOf(file('record.jsonl'))).toHaveLength(1)
  })
})

describe('syslog over TLS', () => {
  test('gets frames of RFC 5425 with messages of RFC 5424', async () => {
    await grow(2)
    const { batches, setting } = await syslogReceiver()
    expect(await started(setting)('siem')).toBe(true)
    const frames = framesIn(batches.join(''))
    expect(frames).toHaveLength(await size())
    for (const frame of frames) {
      expect(frame).toMatch(
        /^<1(10|08|07)>1 \d{4}-\d\d-\d\dT[\d:.]+Z directory\.example\.org surety-directory - [a-z-]{1,32} - \{/,
      )
    }
    expect(indexesIn(frames.map((frame) => frame.slice(frame.indexOf('{'))))).toEqual(frames.map((_, at) => at))
  })

  test('gets a batch again whose connection was cut', async () => {
    await grow(2)
    let connections = 0
    const { batches, setting } = await syslogReceiver(() => ++connections > 1)
    expect(await started(setting)('siem')).toBe(false)
    expect(await state('siem')).toMatchObject({ position: 0, attempts: 1, problem: expect.stringMatching(/./) })
    // It waits, and is then sent whole.
    expect(await started(setting)('siem')).toBe(false)
    expect(connections).toBe(1)
    await directory.clock.advance(10_000)
    expect(await started(setting)('siem')).toBe(true)
    expect(framesIn(batches.join(''))).toHaveLength(await size())
    expect((await directory.store.forwards.get('siem'))?.problem).toBeUndefined()
  })

  test('sends nothing to a receiver whose certificate is not trusted', async () => {
    await grow()
    const { batches, setting } = await syslogReceiver()
    expect(await started(setting.replace(/ ca=.*/, ''))('siem')).toBe(false)
    expect((await directory.store.forwards.get('siem'))?.problem).toMatch(/certificate/)
    expect(batches).toEqual([])
  })

  test('waits for a receiver that is away', async () => {
    await grow()
    expect(await started(`siem syslog 127.0.0.1:1 ca=${file('ca.pem')}`)('siem')).toBe(false)
    expect((await directory.store.forwards.get('siem'))?.problem).toContain('ECONNREFUSED')
  })
})

describe('the HTTP Event Collector', () => {
  test('gets events with the token, which is read again for each batch', async () => {
    await grow(2)
    const { requests, setting } = await hecReceiver((response) => response.end('{"text":"Success","code":0}'))
    const step = started(setting)
    expect(await step('splunk')).toBe(true)
    writeFileSync(file('token'), 'newer')
    await grow()
    expect(await step('splunk')).toBe(true)
    expect(requests.map(({ url, authorization }) => [url, authorization])).toEqual([
      ['/services/collector/event', 'Splunk hec-token'],
      ['/services/collector/event', 'Splunk newer'],
    ])
    const events = requests.flatMap(({ body }) => JSON.parse(`[${body.replaceAll('}{"time"', '},{"time"')}]`))
    expect(events.map(({ event }) => event.metadata.sequence)).toEqual(events.map((_, at) => at))
    expect(events[0]).toMatchObject({ time: directory.clock.now() / 1000, source: 'surety', sourcetype: 'surety:ocsf' })
  })

  test.each([503, 403, 400, 302])('that answers %d gets the same entries again', async (status) => {
    await grow()
    let answered = status
    const { requests, setting } = await hecReceiver((response) => response.writeHead(answered, { location: '/' }).end())
    const step = started(setting)
    expect(await step('splunk')).toBe(false)
    expect((await directory.store.forwards.get('splunk'))?.problem).toContain(`status ${status}`)
    answered = 200
    await directory.clock.advance(10_000)
    expect(await step('splunk')).toBe(true)
    expect(requests[1]?.body).toBe(requests[0]?.body)
  })

  test('keeps the token out of what is stored when it cannot be read', async () => {
    await grow()
    const { requests, setting } = await hecReceiver((response) => response.end())
    writeFileSync(file('token'), '')
    expect(await started(setting)('splunk')).toBe(false)
    expect((await directory.store.forwards.get('splunk'))?.problem).toContain('there is no secret in')
    expect(requests).toEqual([])
  })
})

test('an outlet that fails keeps no other one waiting', async () => {
  await grow()
  const step = started(`siem syslog 127.0.0.1:1`, `disk file ${file('record.jsonl')}`)
  expect([await step('siem'), await step('disk')]).toEqual([false, true])
  expect(await state('disk')).toMatchObject({ position: await size() })
})

test.each([
  ['Disk file /a', 'small letters'],
  ['disk pipe /a', 'file, hec, syslog'],
  ['disk file record.jsonl', 'not absolute'],
  ['disk file /a ca=/b', 'takes no ca'],
  ['disk file /a token=/b', 'takes no token'],
  ['siem syslog log.example.org', 'HOST:PORT'],
  ['siem syslog log.example.org:0', 'HOST:PORT'],
  ['siem syslog log.example.org:65536', 'HOST:PORT'],
  ['siem syslog log.example.org:6514 ca=b', 'not absolute'],
  ['siem syslog log.example.org:6514 key=/b', 'may follow'],
  ['splunk hec http://splunk.example.org token=/b', 'https://'],
  ['splunk hec https://user:secret@splunk.example.org token=/b', 'https://'],
  ['splunk hec https://splunk.example.org', 'token=FILE'],
  ['splunk hec https://splunk.example.org token=', 'not absolute'],
])('refuses the setting %j', (setting, why) => {
  expect(() => readOutlets([setting], 'host')).toThrow(why)
  try {
    readOutlets([setting], 'host')
  } catch (error) {
    expect(codeOf(error)).toBe('CONFIG_INVALID')
  }
})

test('refuses two outlets of one name', () => {
  expect(() => readOutlets(['disk file /a', 'disk file /b'], 'host')).toThrow('two outlets are called disk')
})
