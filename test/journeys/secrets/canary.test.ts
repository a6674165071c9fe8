import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { type Connect, connectWebSocket } from '../../../src/daemon/stream/connection.ts'
import { apiAnswer } from '../../../src/protocol/noun/answers.ts'
import { evidencePageSchema } from '../../../src/protocol/nouns/devices/evidence.ts'
import { createdTokenReader } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { createLog } from '../../../src/system/logging/winston-log.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { serveDirectory } from '../../support/directory/directory-process.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { findCanaries, type Haystack } from './canaries.ts'
import { plantFiles } from './planted-secrets.ts'
import { startAgent } from './processes-with-secrets.ts'
import { collectorsFor, filesIn, framesSent, localAnswers, sightingsOf } from './said-of-a-device.ts'
import { SECRET, SECRETS, TOLD, TOLD_MODEL } from './secret-canaries.ts'

test('keeps, logs and sends no secret of a device; the search finds what is reported', async () => {
  using folder = temporaryFolder()
  using home = fixtureHome()
  plantFiles(home)
  using agent = startAgent(folder.path, home)
  const data = join(folder.path, 'directory')
  const state = join(folder.path, 'state')
  const logs = join(folder.path, 'logs')
  for (const path of [state, logs]) mkdirSync(path, { mode: 0o700 })
  await using _directory = await serveDirectory(data, [
    '--log-file',
    join(logs, 'directory.log'),
    '--log-level',
    'debug',
  ])
  const api = apiClient(profileOf(data))
  const { enrolment } = await api.ask('POST', '/tokens', createdTokenReader, {
    owner: 'ada@example.org',
    minimumTier: 'software',
  })

  const frames: string[] = []
  const spooled: Haystack[] = []
  const recording: Connect = async (init, options) => {
    const connection = await connectWebSocket(init, options)
    return {
      exporter: connection.exporter,
      next: (nextOptions) => connection.next(nextOptions),
      probe: () => connection.probe(),
      [Symbol.dispose]: () => connection[Symbol.dispose](),
      send(frame) {
        frames.push(frame)
        // While it waits in the spool: what is acknowledged is deleted.
        spooled.push(...filesIn('state', state))
        return connection.send(frame)
      },
    }
  }
  await using log = createLog({ level: 'debug', format: 'json', file: join(logs, 'daemon.log') })
  const daemon = runningDaemon({
    stateFolder: state,
    enrolment,
    log,
    components: { connect: recording, collectors: collectorsFor(home) },
  })
  await daemon.until('complete')
  const status = await daemon.status()
  const spoken = await localAnswers(daemon, join(folder.path, 'run', 'control.sock'))
  const device = status.device?.id ?? ''
  const seen = await sightingsOf(api, device)
  const batches = await api.ask(
    'GET',
    `/devices/${device}/evidence?limit=200`,
    apiAnswer(evidencePageSchema, 'evidence'),
  )
  const database = filesIn('directory', data)
  await daemon.end()

  // What lies open was seen, so that there was something to keep quiet about.
  expect(
    seen.map(({ sighting }) => [sighting.name, sighting.kind === 'agent' ? sighting.process?.pid : undefined]),
  ).toEqual(
    expect.arrayContaining([
      ['Claude Code', agent.pid],
      ['Claude Code', undefined],
      ['Sider', undefined],
      ['A', undefined],
      ['copilot-instructions.md', undefined],
      ['guard.sh', undefined],
      ['opencode.jsonc', undefined],
    ]),
  )
  const extensions = seen.flatMap(({ sighting }) => (sighting.kind === 'extension' ? [sighting] : []))
  expect(extensions.find(({ extensionId }) => extensionId === 'told.off')?.enabled).toBe(false)
  expect(extensions.find(({ extensionId }) => extensionId === 'told.on')?.profile).toBe('unnamed')
  const evidence = seen.flatMap(({ sighting }) => sighting.evidence)
  expect(evidence).toEqual(expect.arrayContaining(['plugin named@1.0.0', 'settings of OpenCode with 5 plugins']))
  expect(
    seen.flatMap(({ sighting }) => (sighting.kind === 'model-runtime' ? [[sighting.name, sighting.models]] : [])),
  ).toEqual(
    expect.arrayContaining([
      ['llama.cpp', [TOLD_MODEL]],
      ['Ollama', ['told:1b']],
    ]),
  )
  const profiles = seen.flatMap(({ sighting }) =>
    sighting.name === 'Sider' && 'profile' in sighting ? [sighting] : [],
  )
  expect(profiles.map(({ profile, nativeMessagingHosts }) => [profile, nativeMessagingHosts]).sort()).toEqual([
    ['Default', ['org.example.host']],
    ['~/named by a process/Default', undefined],
  ])
  expect(status.findings.length).toBeGreaterThan(10)
  expect(batches.items.length).toBeGreaterThan(0)
  const answers = [{ name: 'status', bytes: Buffer.from(JSON.stringify([status, seen, batches])) }]
  const haystacks = [
    ...framesSent(frames),
    ...spooled,
    ...database,
    ...filesIn('logs', logs),
    ...filesIn('state', state),
    ...answers,
    ...spoken,
  ]
  expect(findCanaries(SECRETS, haystacks)).toEqual([])
  const told = findCanaries([TOLD], haystacks)
  expect(told).toEqual(
    expect.arrayContaining(['wire decoded', 'status', 'local socket'].map((place) => `${TOLD} in ${place} as plain`)),
  )
  for (const place of [
    /in wire as base64url$/,
    /in state\/.* as base64url$/,
    /in directory\/.* as (plain|base64url)$/,
  ]) {
    expect(told).toContainEqual(expect.stringMatching(place))
  }
})

test.each([
  ['plain', (text: string) => `x${text}y`],
  ['base64', (text: string) => Buffer.from(`x${text}??>>`).toString('base64')],
  ['base64url', (text: string) => Buffer.from(`{"a":"${text}"}`).toString('base64url')],
  ['hex', (text: string) => Buffer.from(text).toString('hex')],
  ['hex', (text: string) => `00${Buffer.from(text).toString('hex').toUpperCase()}00`],
])('the search finds a secret in %s', (encoding, encode) => {
  const found = findCanaries([TOLD, SECRET.prompt], [{ name: 'here', bytes: Buffer.from(encode(TOLD)) }])
  expect(found).toContain(`${TOLD} in here as ${encoding}`)
  expect(found.every((line) => line.startsWith(TOLD))).toBe(true)
})
