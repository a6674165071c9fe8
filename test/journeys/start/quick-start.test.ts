import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startDocumentSchema } from '../../../scripts/start/start-document.ts'
import { call } from '../../../src/admin/nouns/call.ts'
import { reader } from '../../../src/base/schema.ts'
import { CHECKS } from '../../../src/checks/checks.ts'
import { summaryReader } from '../../../src/protocol/nouns/directory/directory.ts'
import { reEnrolments } from '../../../src/protocol/nouns/enrolment/re-enrolments.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { swtpmMissing } from '../../support/tpm/swtpm.ts'
import { waitFor } from '../../support/wait-for.ts'
import { administratorOf, runStart } from './run-start.ts'

const document = reader(startDocumentSchema, { name: 'document', limits: { maxBytes: 16 * 1024 * 1024, maxDepth: 16 } })
const once = async (data: string) => {
  const run = runStart(['--once', '--json', '--data', data])
  // Compared together, so that a failure shows the progress.
  expect({ code: await run.ended, progress: run.progress() }).toEqual({
    code: 0,
    progress: expect.any(String),
  })
  return { progress: run.progress(), document: document.readJson(run.out()) }
}
const tier = swtpmMissing() === undefined ? 'simulated' : 'software'

test('enrols, restarts, and enrols the same machine again', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')

  const first = await once(data)
  expect(first.document.device).toMatchObject({ tier, epoch: 1 })
  expect(first.document.findings.map(({ check }) => check).sort()).toEqual([...CHECKS].sort())
  const settled: readonly string[] = ['pass', 'not-applicable']
  const unsettled = first.document.findings.filter(({ state }) => !settled.includes(state)).map(({ check }) => check)
  expect(first.document.reasons.map(({ check }) => check)).toEqual(expect.arrayContaining(unsettled))
  expect(first.document.sources.map(({ source }) => source)).toContain('processes')
  expect(Object.keys(first.document.timings)).toEqual(expect.arrayContaining(['enrolled', 'attested', 'acknowledged']))

  const second = await once(data)
  expect(second.document.device).toEqual(first.document.device)
  expect(second.progress).not.toContain('enrolling')

  if (tier === 'software') return
  // The device loses its identity, but the TPM is the same.
  rmSync(join(data, 'device'), { recursive: true })
  const third = runStart(['--once', '--json', '--data', data])
  const [, reEnrolment = ''] = await third.printed(/re-enrolments approve (ren_\S+)/)
  const api = administratorOf(data)
  expect(await call(api, reEnrolments, 'approve', { id: reEnrolment, body: {} })).toMatchObject({
    device: first.document.device.id,
    epoch: 2,
    status: 'approved',
  })
  expect(await third.ended).toBe(0)
  expect(document.readJson(third.out()).device).toEqual({ ...first.document.device, epoch: 2 })
})

test('shows a live summary, and ends both programs cleanly on an interrupt', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const run = runStart(['--data', data])
  await run.printed(/first report complete/)
  const devices = (await administratorOf(data).ask('GET', '/summary', summaryReader)).devices
  expect(devices.total).toBe(1)
  await waitFor('the summary', () => run.out(), { until: (text) => /Verdict +[A-Z]+/.test(text) })
  run.child.kill('SIGINT')
  expect(await run.ended).toBe(0)
  await expect(administratorOf(data).ask('GET', '/summary', summaryReader)).rejects.toMatchObject({
    code: 'DIRECTORY_UNREACHABLE',
  })
})

/** The command lines of processes that name a path below `folder`. */
function processesBelow(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return line.includes(`${folder}/`) ? [line] : []
      } catch {
        return [] // it has ended
      }
    })
}

const PHASES = [/TPM/, /starting the directory/, /starting the daemon/, /enrolled as|resuming/]

test('leaves nothing after an interrupt in any phase, exits with 130, and starts again', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  for (const phase of PHASES) {
    const run = runStart(['--once', '--data', data])
    await run.printed(phase)
    run.child.kill('SIGINT')
    expect({ phase, code: await run.ended, left: processesBelow(data) }).toEqual({ phase, code: 130, left: [] })
  }
  await once(data)
})

test('ends its programs when it is killed', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const run = runStart(['--data', data])
  await run.printed(/attested/)
  expect(processesBelow(data).length).toBeGreaterThan(1)
  run.child.kill('SIGKILL')
  await run.ended
  await waitFor('the end of its programs', () => processesBelow(data), { until: (left) => left.length === 0 })
  await once(data)
})

test.each([
  [['--nonsense'], 2, /unknown option/],
  [['--data', '/etc/passwd/data'], 1, /choose another folder with --data/],
])('refuses %j with exit code %i and a message', async (args, code, words) => {
  const run = runStart(args)
  expect(await run.ended).toBe(code)
  expect(run.progress()).toMatch(words)
})
