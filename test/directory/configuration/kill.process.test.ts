import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allPages } from '../../../src/admin/command/command-line.ts'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { list } from '../../../src/admin/nouns/call.ts'
import { closed, counter, Type } from '../../../src/base/schema.ts'
import { apiAnswer, pageOf } from '../../../src/protocol/noun/answers.ts'
import { registrationSchema } from '../../../src/protocol/nouns/agents/registrations.ts'
import { configurationPlanReader } from '../../../src/protocol/nouns/directory/configuration.ts'
import { events } from '../../../src/protocol/nouns/directory/events.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { person, registration } from './configuration-fixture.ts'

const COUNT = 1_000
const RUNS = 8

const pageReader = apiAnswer(
  closed({ ...pageOf(registrationSchema).properties, total: Type.Optional(counter()) }),
  'list of registrations',
)

const setOf = (run: number) => [
  person(`owner ${run}`),
  ...Array.from({ length: COUNT }, (_, at) => registration(`agent ${run}-${at}`, { owner: `owner ${run}` })),
]

/** How many registrations of each run there are, and how often one was applied. */
async function stored(data: string) {
  const api = apiClient(profileOf(data))
  const all = await allPages(api, '/registrations', pageReader)
  const counts = new Map<string, number>()
  for (const { name } of all) {
    const run = name.slice(0, name.indexOf('-'))
    counts.set(run, (counts.get(run) ?? 0) + 1)
  }
  const { items } = await list(api, events, { kind: 'configuration-applied', limit: 500 })
  return { counts, applied: items.length }
}

test(
  'killed while it applies a thousand registrations, a directory has all or none',
  async () => {
    using folder = temporaryFolder()
    let directory = await serveDirectory(folder.path)
    try {
      // As long as all of it takes: the kills fall into this time.
      const began = performance.now()
      await apply(folder.path, 0)
      const wholeMs = performance.now() - began
      let answered = 1
      let cutOff = 0
      for (let run = 1; run <= RUNS; run++) {
        const answer = apply(folder.path, run).then(
          () => true,
          () => false,
        )
        await new Promise((resolve) => setTimeout(resolve, (wholeMs * run) / RUNS))
        directory.kill('SIGKILL')
        if (await answer) answered++
        else cutOff++
        await directory.ended
        directory = await serveDirectory(folder.path)
        const { counts, applied } = await stored(folder.path)
        expect([...counts.values()].filter((count) => count !== COUNT)).toEqual([])
        // What was answered is there, and each is recorded.
        expect(counts.size).toBeGreaterThanOrEqual(answered)
        expect(applied).toBe(counts.size)
      }
      expect(cutOff).toBeGreaterThan(0)
    } finally {
      directory.kill('SIGKILL')
      await directory.ended
    }
  },
  scaledMs(180_000),
)

test(
  'a thousand registrations are applied in seconds, and then nothing changes',
  async () => {
    using folder = temporaryFolder()
    await using _directory = await serveDirectory(join(folder.path, 'data'))
    const documents = setOf(1).map((document) => `---\n${JSON.stringify(document)}\n`)
    writeFileSync(join(folder.path, 'all.yaml'), documents.join(''))
    const args = ['apply', '-f', join(folder.path, 'all.yaml'), '--yes', '--data', join(folder.path, 'data')]
    const began = performance.now()
    expect(await runDirectory(args)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1,001 added') })
    const ms = performance.now() - began
    process.stdout.write(`apply of ${COUNT} registrations: ${Math.round(ms)} ms\n`)
    expect(ms).toBeLessThan(scaledMs(15_000))
    expect(await runDirectory(args)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1,001 unchanged') })
  },
  scaledMs(60_000),
)

function apply(data: string, run: number) {
  const body = { documents: setOf(run), plan: false }
  return apiClient(profileOf(data)).ask('POST', '/configuration', configurationPlanReader, body)
}
