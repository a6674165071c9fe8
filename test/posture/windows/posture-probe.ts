/** Runs on Windows (under Wine): all checks through the real addon, and what single questions answer. Prints one JSON document. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { codeOf } from '../../../src/base/errors.ts'
import { collectInventory } from '../../../src/posture/inventory.ts'
import { collectPosture } from '../../../src/posture/posture.ts'
import { WINDOWS_CHECKS } from '../../../src/posture/windows/checks.ts'
import { windowsHardware } from '../../../src/posture/windows/hardware.ts'
import { windowsFacts } from '../../../src/system/facts/windows.ts'
import { powerShell } from '../../../src/system/program/powershell.ts'
import { machine } from '../fake-components.ts'

const ADDON = join(import.meta.dirname, '../../../native/build/surety-native-win32-x64.node')
const POWERSHELL = 'C:\\windows\\system32\\WindowsPowerShell\\v1.0\\powershell.exe'
const addon = createRequire(import.meta.url)(ADDON)
const clock = systemClock
const facts = windowsFacts({ addon, clock })
const signal = new AbortController().signal
const options = { signal, timeoutMs: 10_000 }

/** What a question gives, or the code of its error. */
async function answered(ask: () => unknown): Promise<unknown> {
  try {
    return (await ask()) ?? null
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
}

const QUESTIONS: Readonly<Record<string, () => unknown>> = {
  build: () => facts.registry.text('HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion', 'CurrentBuild'),
  users: () => facts.registry.keys('HKU'),
  noKey: () => facts.registry.text('HKLM\\SOFTWARE\\Surety\\Absent', 'X'),
  noValue: () => facts.registry.number('HKLM\\SOFTWARE', 'Absent'),
  noKeys: () => facts.registry.keys('HKLM\\SOFTWARE\\Surety\\Absent'),
  odd: () => facts.registry.text('HKLM\\SOFTWARE\\Surety Test', 'odd'),
  unended: () => facts.registry.text('HKLM\\SOFTWARE\\Surety Test', 'unended'),
  short: () => facts.registry.number('HKLM\\SOFTWARE\\Surety Test', 'short'),
  large: () => facts.registry.number('HKLM\\SOFTWARE\\Surety Test', 'large'),
  words: () => facts.registry.text('HKLM\\SOFTWARE\\Surety Test', 'words'),
  many: () => facts.registry.text('HKLM\\SOFTWARE\\Surety Test', 'many')?.length,
  system: () => facts.query('root\\cimv2', 'SELECT * FROM Win32_OperatingSystem', options),
  service: () => facts.query('root\\cimv2', "SELECT * FROM Win32_Service WHERE Name='RpcSs'", options),
  noNamespace: () => facts.query('root\\SecurityCenter2', 'SELECT * FROM AntiVirusProduct', options),
  noClass: () => facts.query('root\\cimv2', 'SELECT * FROM Surety_Absent', options),
  notWql: () => facts.query('root\\cimv2', 'this is no query', options),
  method: () =>
    facts.call(
      { namespace: 'root\\cimv2', class: 'Win32_Process', key: ['Handle', String(process.pid)] },
      'GetOwner',
      options,
    ),
  noMethod: () =>
    facts.call(
      { namespace: 'root\\cimv2', class: 'Win32_Process', key: ['Handle', String(process.pid)] },
      'Absent',
      options,
    ),
  noInstance: () =>
    facts.call({ namespace: 'root\\cimv2', class: 'Win32_Process', key: ['Handle', '999996'] }, 'GetOwner', options),
  secureBoot: () => facts.firmwareVariable('SecureBoot'),
  tpm: () => facts.tpmVersion(),
  updates: () => facts.pendingUpdates(options),
  accounts: () => facts.accounts(options),
  administrators: () => facts.administrators(options),
  nonsense: () => addon.registryRead(7, 'x', 'y'),
  nul: () => addon.registryRead(0, 'SOFTWARE\0x', 'y'),
  noCallback: () => addon.wmiQuery('root\\cimv2', 'SELECT * FROM Win32_BIOS', 1000, 'no function'),
  noPowerShell: () => powerShell({ systemRoot: 'C:\\absent' }).run('1', options),
}

const left = () => facts.query('root\\cimv2', "SELECT * FROM Win32_Process WHERE Name='powershell.exe'", options)

/** What is made of each answer of PowerShell: its whole file of answers, in base64. */
async function policies(file: string): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  for (const base64 of JSON.parse(readFileSync(file, 'utf8'))) {
    writeFileSync(`${POWERSHELL}.answer`, Buffer.from(base64, 'base64'))
    seen.push(await answered(() => facts.appLockerPolicy({ signal, timeoutMs: 5_000 })))
  }
  return seen
}

async function look() {
  const [file] = process.argv.slice(2)
  if (file !== undefined) return { policies: await policies(file), left: await answered(left) }
  const answers: Record<string, unknown> = {}
  for (const [name, ask] of Object.entries(QUESTIONS)) answers[name] = await answered(ask)
  const components = machine({}, {}, { clock, windows: facts })
  const findings = await collectPosture(WINDOWS_CHECKS, components, { checkTimeoutMs: 30_000 }, { signal })
  const hardware = windowsHardware(facts)
  const inventory = await collectInventory({ ...components, hardware, platform: 'windows' }, { signal })
  return { findings, answers, inventory }
}

try {
  process.stdout.write(JSON.stringify(await look()))
} catch (error) {
  process.stdout.write(JSON.stringify({ failed: error instanceof Error ? error.stack : String(error) }))
}
process.exit(0)
