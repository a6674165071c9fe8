/**
 * Runs on Windows (under Wine): prints the settings of the daemon that are not defaults, or why they are refused. First from their real
 * places, then from each key of the registry that is an argument.
 */
import { codeOf, describeError } from '../../src/base/errors.ts'
import { loadDaemonConfig } from '../../src/config/daemon.ts'
import type { RegistryKey } from '../../src/system/facts/windows-facts.ts'
import { systemRegistry } from '../../src/system/platform/this-platform.ts'

function settings(key: string | undefined): unknown {
  const registry = systemRegistry()
  if (registry === undefined) return 'no registry'
  try {
    const managed = key === undefined ? {} : { managed: { registry, key: key as RegistryKey } }
    const { entries } = loadDaemonConfig({ environment: {}, ...managed })
    return entries.filter(({ origin }) => origin !== 'default')
  } catch (error) {
    return { code: codeOf(error), message: describeError(error) }
  }
}

process.stdout.write(JSON.stringify([undefined, ...process.argv.slice(2)].map(settings)))
