/**
 * Reads a home on Windows as the daemon does: through a child with the rights of its user, which loads the addon by itself. Prints what was
 * found. Arguments: the home, as shared code has paths.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { DISCOVERY_TASKS } from '../../src/discovery/files/scan-tasks.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { READER_FLAGS } from '../../src/reader/reader-flags.ts'
import { windowsPlatform } from '../../src/system/platform/windows.ts'

const ROOT = join(import.meta.dirname, '../..')
const [home = ''] = process.argv.slice(2)
const addon = createRequire(import.meta.url)(join(ROOT, 'native/build/surety-native-win32-x64.node'))
const platform = windowsPlatform({ clock: systemClock }, { addon })

async function look() {
  const { startReader } = platform
  if (startReader === undefined) throw new Error('no reader can be started')
  const reader = homeReader(
    { startProgram: startReader, clock: systemClock, log: silentLog },
    // A busy machine takes longer than a device may.
    { command: [process.execPath, ...READER_FLAGS, join(ROOT, 'src/main-reader.ts')], timeoutMs: 120_000 },
  )
  const user = { id: platform.ownUserId, name: 'ada', home, shell: '', kind: 'human' as const }
  const request = { user, catalogue: builtInCatalogue(), tasks: DISCOVERY_TASKS }
  const startedMs = performance.now()
  const found = await reader.readHome(request, { signal: new AbortController().signal })
  return { ...found, ms: performance.now() - startedMs }
}

look().then(
  (found) => process.stdout.write(JSON.stringify(found)),
  (error: unknown) => {
    process.stderr.write(String(error))
    process.exitCode = 1
  },
)
