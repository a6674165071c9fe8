import { SuretyError } from '../../../src/base/errors.ts'
import type { DaemonClient } from '../../../src/cli/command/daemon-client.ts'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { SAMPLE_TIME, sampleStatus, sampleStops } from '../../support/daemon/sample-status.ts'
import { daemonWith, result, run } from '../surety-runs.ts'

const away = () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'no socket'))
const noDaemon: DaemonClient = { ...daemonWith(sampleStatus()), status: away, sightings: away }

test('prints the menu as text, and ends', async () => {
  const { out, exitCode } = await run('tray')
  expect([out.split('\n')[0], exitCode]).toEqual(['Surety: 1 to fix', 0])
})

test('a daemon that gives no answer is a state and no error', async () => {
  const entry = (key: string, value: string) => ({ key, value, origin: 'managed' as const })
  const readConfig = () => [entry('tray.show', 'never'), entry('support.contact', 'help@example.org')]
  const { out, err, exitCode } = await run('tray --format json', noDaemon, { readConfig })
  expect([err, exitCode]).toEqual(['', 0])
  expect(JSON.parse(out)).toMatchObject({ state: 'unreachable', visible: false })
  expect(out).toContain('mailto:help@example.org')
})

test.each([
  ['a person who sees the icon', {}, ['welcome']],
  ['no person whose icon is hidden', { tray: { show: 'never' } }, []],
] as const)('explains the icon once to %s', async (_, changes, expected) => {
  const status = sampleStatus({ ...changes, health: [], ...result({ verdict: 'compliant', reasons: [] }) })
  const { notices } = JSON.parse((await run('tray --format json', daemonWith(status))).out)
  expect(notices.map(({ id }: { id: string }) => id)).toEqual(expected)
})

test('explains nothing while there is no daemon', async () => {
  expect(JSON.parse((await run('tray --format json', noDaemon)).out).notices).toEqual([])
})

test('settings that cannot be read hide nothing', async () => {
  const readConfig = () => {
    throw new SuretyError('CONFIG_INVALID', 'denied')
  }
  const { out } = await run('tray --format json', noDaemon, { readConfig })
  expect(JSON.parse(out)).toMatchObject({ state: 'unreachable', visible: true })
})

test('in German by the locale or by --lang', async () => {
  const german = await run('tray', daemonWith(sampleStatus()), {}, { locale: 'de_CH.UTF-8' })
  expect(german.out).toMatch(/^Surety: 1 zu beheben\n/)
  expect((await run('tray --lang de')).out).toBe(german.out)
})

test.each([
  ['an unknown format', 'tray --format gnome', /one of|Allowed choices/],
  ['a language without texts', 'tray --lang xx', /no texts in "xx"/],
  ['two formats', 'tray --json --format tmux', /not both/],
  ['a format that is gone', 'tray --format waybar', /Allowed choices/],
])('refuses %s', async (_, command, message) => {
  const { err, out, exitCode } = await run(command)
  expect([out, exitCode]).toEqual(['', 2])
  expect(err).toMatch(message)
})

/** Runs `--watch` over what the daemon says, one after the other. The last ends it. */
async function watch(answers: readonly (Partial<Status> | SuretyError)[], everyMs = 1_000) {
  const end = new AbortController()
  let [at, time] = [0, SAMPLE_TIME]
  const daemon: DaemonClient = {
    ...daemonWith(sampleStatus()),
    async status() {
      const answer = answers[at++] ?? {}
      if (at >= answers.length) end.abort()
      if (answer instanceof SuretyError) throw answer
      return sampleStatus(answer)
    },
  }
  const pause = async () => {
    time += everyMs
  }
  const changes = { untilInterrupted: () => end.signal, pause, now: () => time }
  const { out, err, exitCode } = await run('tray --format json --watch', daemon, changes)
  const documents = out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
  return { states: documents.map(({ state }) => state), documents, err, exitCode }
}

const GONE = new SuretyError('DAEMON_UNREACHABLE', 'no socket')

test('--watch: one line for each change, and none for the same again', async () => {
  const pending = { enrolment: 'pending' as const }
  expect((await watch([{}, {}, pending, pending, { time: SAMPLE_TIME + 9 }, {}])).states).toEqual([
    'attention',
    'pending',
    'attention',
  ])
})

test('--watch: a restart of the daemon is not shown, a longer absence is', async () => {
  expect((await watch([{}, GONE, GONE, {}, {}])).states).toEqual(['attention'])
  expect((await watch([{}, GONE, GONE, GONE, GONE, {}, {}], 4_000)).states).toEqual([
    'attention',
    'unreachable',
    'attention',
  ])
})

test('--watch: asks a daemon that is back at once, and does not wait for a change', async () => {
  const asked: (string | undefined)[] = []
  const end = new AbortController()
  const status = async () => {
    if (asked.length === 2) throw GONE
    if (asked.length === 4) end.abort()
    return sampleStatus()
  }
  const daemon: DaemonClient = {
    ...daemonWith(sampleStatus()),
    status,
    async sightings({ unlike }) {
      asked.push(unlike)
      return { items: [], mark: `m${asked.length}`, limitedToCaller: true, time: SAMPLE_TIME }
    },
  }
  await run('tray --format json --watch', daemon, { untilInterrupted: () => end.signal, pause: async () => undefined })
  expect(asked).toEqual([undefined, 'm1', undefined, 'm3'])
})

test('--watch: ends once the package was removed with its daemon', async () => {
  let asked = 0
  const gone = async () => {
    asked += 1
    throw GONE
  }
  const daemon = { ...daemonWith(sampleStatus()), status: gone, sightings: gone }
  const patient = { untilInterrupted: () => new AbortController().signal, pause: async () => undefined }
  const { exitCode, err } = await run('tray --format json --watch', daemon, {
    ...patient,
    isInstalled: () => asked < 3,
  })
  expect([asked, exitCode, err]).toEqual([3, 0, ''])
})

test('--watch: says at once that no daemon runs', async () => {
  expect((await watch([GONE, GONE, {}, {}])).states).toEqual(['unreachable', 'attention'])
})

test('--watch: fails when the daemon has another version, so that its host restarts it', async () => {
  const { states, err, exitCode } = await watch([{}, new SuretyError('INPUT_MALFORMED', 'another version'), {}])
  expect([states, exitCode]).toEqual([['attention'], 1])
  expect(err).toContain('INPUT_MALFORMED')
})

test('--watch: announces once that agents may run, unless away or stopped otherwise', async () => {
  const { result: _, ...rest } = sampleStatus()
  const quiet = { ...rest, health: [], findings: [] }
  const stop = (name: string) => ({ ...quiet, stops: sampleStops({ stop: `stop_${name.repeat(22)}` }) })
  const said = [
    quiet,
    stop('A'),
    GONE,
    GONE,
    GONE,
    stop('B'),
    quiet,
    { ...quiet, limitedToCaller: true },
    stop('C'),
    quiet,
  ]
  const { documents } = await watch([...said, quiet], 10_000)
  const ends = documents.map(({ notices }) =>
    notices.map(({ id }: { id: string }) => id.slice(0, 13)).filter((id: string) => id.startsWith('ended:')),
  )
  const [first] = documents.flatMap(({ notices }) =>
    notices.filter(({ id }: { id: string }) => id.startsWith('ended:')),
  )
  expect(first).toMatchObject({ title: 'Surety: agents may run again', urgency: 'normal' })
  expect(documents.map(({ state }) => state)).toEqual([
    ...['attention', 'stopped', 'unreachable', 'stopped', 'attention', 'attention', 'stopped', 'attention'],
  ])
  expect(ends.map(({ length }) => length)).toEqual([0, 0, 0, 0, 1, 1, 0, 1])
})

test('--watch: does not announce an old failed check when a newer one passes', async () => {
  const failing = (...checks: readonly (readonly [check: string, since: number])[]) => ({
    findings: [],
    ...result({ reasons: checks.map(([check, since]) => ({ check, since, state: 'fail', reason: '' })) as never }),
  })
  const [old, newer, newest] = [
    ['os.supported', 1] as const,
    ['network.firewall', 2] as const,
    ['tpm.present', 3] as const,
  ]
  const said = [failing(old), failing(old, newer), failing(old), failing(old, newest)]
  const { documents } = await watch([...said, said.at(-1) ?? {}])
  expect(documents.map(({ notices }) => notices.slice(1).map(({ id }: { id: string }) => id))).toEqual([
    ...[['fix:os.supported:1'], ['fix:network.firewall:2'], [], ['fix:tpm.present:3']],
  ])
})
