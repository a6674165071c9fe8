/** `looking-child.ts apt|runtimes FOLDER`: looks once for each line of its input, and writes what it found as a line. */

import { createInterface } from 'node:readline'
import { systemClock } from '../../../../src/base/clock.ts'
import { builtInCatalogue } from '../../../../src/discovery/catalogue/built-in.ts'
import { readHome } from '../../../../src/discovery/homes/read-home.ts'
import { AptAnswers } from '../../../../src/posture/apt-answers.ts'
import { LINUX_CHECKS } from '../../../../src/posture/linux/checks.ts'
import { collectPosture } from '../../../../src/posture/posture.ts'
import { coverageOf } from '../../../../src/protocol/scan-coverage.ts'
import type { Sighting } from '../../../../src/protocol/sighting.ts'
import type { TrustedFileReader } from '../../../../src/system/files/files.ts'
import { openFiles, trustedFiles } from '../../../../src/system/files/foreign/linux.ts'
import { fakeCommands } from '../../../posture/fake-commands.ts'
import { scaledMs } from '../../../support/machine-speed.ts'

const [what, folder = ''] = process.argv.slice(2)

/** The real reader, for which `folder` is the root. */
function below(files: TrustedFileReader): TrustedFileReader {
  return {
    read: (path, options) => files.read(folder + path, options),
    readText: (path, options) => files.readText(folder + path, options),
    list: (path, options) => files.list(folder + path, options),
    stat: (path) => files.stat(folder + path),
    realPath: (path) => files.realPath(folder + path),
  }
}

const asked: string[] = []
const commands = fakeCommands({
  'apt-get': (args) => {
    const upgrade = args.includes('dist-upgrade')
    asked.push(upgrade ? 'upgrade' : 'targets')
    const nothing = '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n'
    return { stdout: upgrade ? nothing : '/var/lib/apt/lists/x_dists_trixie-security_main\n' }
  },
})
const aptAnswers = new AptAnswers()

async function lookAtApt() {
  asked.length = 0
  const components = {
    files: below(trustedFiles()),
    commands,
    clock: systemClock,
    screenLocks: async () => [],
    aptAnswers,
  }
  const only = ['os.security-updates'] as const
  const signal = AbortSignal.timeout(scaledMs(60_000))
  const [finding] = await collectPosture(
    LINUX_CHECKS,
    components,
    { checkTimeoutMs: scaledMs(30_000), only },
    { signal },
  )
  return { finding, asked }
}

/** Of the first look. */
let whole: readonly Sighting[] | undefined

async function lookAtRuntimes() {
  using files = openFiles()
  const init = { user: { id: '1000', name: 'ada' }, home: folder, catalogue: builtInCatalogue() }
  const { sightings, sources, blobs = [] } = await readHome({ files, clock: systemClock }, init, 'runtimes')
  whole ??= sightings
  const ids = new Set(sightings.map(({ id }) => id))
  const isCovered = coverageOf(sources)
  const gone = whole.filter((each) => !ids.has(each.id) && isCovered(each))
  return {
    found: sightings.flatMap((each) => (each.kind === 'model-runtime' ? [[each.catalogueId, each.models]] : [])),
    gone: gone.map(({ name }) => name),
    states: [...new Set(sources.map(({ state }) => state))].sort(),
    blobs: blobs.map(({ name }) => name),
  }
}

process.stdout.write('ready\n')
for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await (what === 'apt' ? lookAtApt() : lookAtRuntimes()))}\n`)
}
