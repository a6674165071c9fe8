/** Runs on Windows (under Wine): prints the settings of the daemon that are not defaults, from their real places, or why they are refused. */
import { codeOf, describeError } from '../../src/base/errors.ts'
import { loadDaemonConfig } from '../../src/config/daemon.ts'

try {
  const { entries } = loadDaemonConfig({ environment: {} })
  process.stdout.write(JSON.stringify(entries.filter(({ origin }) => origin !== 'default')))
} catch (error) {
  process.stdout.write(JSON.stringify({ code: codeOf(error), message: describeError(error) }))
}
