import { type CheckOutcome, fail, listed, notApplicable, pass, unknown } from '../../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../../components.ts'
import { listOptional } from '../../read-optional.ts'
import { hasSystemProgram } from './system-program.ts'
import { runsByItself, unitState } from './systemd-unit.ts'

type Unit = `${string}.service`

interface Product {
  readonly name: string
  readonly units: readonly Unit[]
  isInstalled(files: PostureComponents['files']): Promise<boolean>
}

/** Folders and units as the makers' guides for Linux name them. */
const PRODUCTS: readonly Product[] = [
  inFolder('Microsoft Defender for Endpoint', '/opt/microsoft/mdatp', 'mdatp.service'),
  inFolder('CrowdStrike Falcon', '/opt/CrowdStrike', 'falcon-sensor.service'),
  {
    name: 'ClamAV',
    // The names on Debian and on Fedora.
    units: ['clamav-daemon.service', 'clamd@scan.service'],
    isInstalled: (files) => hasSystemProgram(files, 'clamd'),
  },
]

function inFolder(name: string, folder: string, unit: Unit): Product {
  return { name, units: [unit], isInstalled: async (files) => (await listOptional(files, folder)) !== undefined }
}

/** `protection.antivirus`: one of the products above runs. Linux itself brings none. */
export async function checkAntivirus(
  { files, commands }: PostureComponents,
  context: CheckContext,
): Promise<CheckOutcome> {
  const stopped: string[] = []
  for (const { name, units, isInstalled } of PRODUCTS) {
    if (!(await isInstalled(files))) continue
    for (const unit of units) {
      const state = await unitState(commands, unit, context)
      if (state === undefined) return unknown(`${name} is installed, but systemd did not say whether it runs`)
      if (runsByItself(state)) return pass(`${name} runs. The age of its signatures is not read.`)
    }
    stopped.push(name)
  }
  return stopped.length > 0
    ? fail(`${listed(stopped)}: installed, but not running.`)
    : notApplicable('Linux brings no antivirus program, and none that this check knows is installed')
}
