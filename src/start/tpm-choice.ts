import { constants } from 'node:fs'
import { access, open, readFile } from 'node:fs/promises'
import { startProgram } from '../system/program/command.ts'
import { SIMULATOR_PACKAGES, simulatorInstalled } from './simulated-tpm.ts'

/** Which TPM `npm start` uses, and why in one sentence for the person who watches. */
export interface TpmChoice {
  readonly kind: 'hardware' | 'simulated' | 'none'
  readonly because: string
}

export interface TpmChoiceInit {
  readonly device: string
  readonly isRoot: boolean
  /** False with `--no-install`. */
  readonly mayInstall: boolean
}

const APT_GET = '/usr/bin/apt-get'

/** A real TPM before a simulated one before none; installs the simulator only as root on Debian, after saying so. */
export async function chooseTpm(
  { say }: { readonly say: (line: string) => void },
  init: TpmChoiceInit,
): Promise<TpmChoice> {
  const refusal = await whyNotUsable(init.device)
  if (refusal === undefined) return { kind: 'hardware', because: `this machine has a TPM (${init.device})` }
  if (await simulatorInstalled()) return { kind: 'simulated', because: `${refusal}; a simulated one stands in` }
  const packages = SIMULATOR_PACKAGES.join(' ')
  if (!init.isRoot || !init.mayInstall || !(await isDebian())) {
    const remedy = `apt-get install ${packages} brings a simulated one`
    return { kind: 'none', because: `${refusal}; the key is in a file (${remedy})` }
  }
  say(`${refusal}; installing a simulated one from Debian: ${packages}`)
  const installed =
    (await apt('update')) && (await apt('install', '-y', '--no-install-recommends', ...SIMULATOR_PACKAGES))
  return installed && (await simulatorInstalled())
    ? { kind: 'simulated', because: `${refusal}; a simulated one was installed` }
    : { kind: 'none', because: `${refusal}, and ${packages} could not be installed; the key is in a file` }
}

/** Undefined when the device can be opened for reading and writing. */
async function whyNotUsable(device: string): Promise<string | undefined> {
  try {
    await access(device, constants.F_OK)
  } catch {
    return 'this machine has no TPM'
  }
  try {
    await (await open(device, constants.O_RDWR | constants.O_NONBLOCK)).close()
    return undefined
  } catch {
    return `${device} may not be opened by this user`
  }
}

async function isDebian(): Promise<boolean> {
  try {
    await access(APT_GET, constants.X_OK)
    return /^ID(_LIKE)?=.*debian/m.test(await readFile('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

async function apt(...args: readonly string[]): Promise<boolean> {
  const program = await startProgram({
    path: APT_GET,
    args: ['-q', ...args],
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    stderr: 'inherit',
  })
  return (await program.exit).exitCode === 0
}
