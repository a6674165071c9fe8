import { constants } from 'node:fs'
import { access, open } from 'node:fs/promises'
import { canInstallPackages, installPackages, updatePackageLists } from '../debian-packages.ts'
import { SIMULATOR_PACKAGES, simulatorInstalled } from './simulated-tpm.ts'

/** Which TPM `npm start` uses, and why, in one sentence for the user. */
export interface TpmChoice {
  readonly kind: 'hardware' | 'simulated' | 'none'
  readonly because: string
}

export interface TpmChoiceInit {
  readonly device: string
  /** False with `--no-install`. */
  readonly mayInstall: boolean
}

/** Prefers a real TPM to a simulated one to none. Installs the simulator only as root on Debian, and says so before. */
export async function chooseTpm(
  { say }: { readonly say: (line: string) => void },
  { device, mayInstall }: TpmChoiceInit,
): Promise<TpmChoice> {
  const problem = await whyUnusable(device)
  if (problem === undefined) return { kind: 'hardware', because: `using the TPM ${device}` }
  if (await simulatorInstalled()) return { kind: 'simulated', because: `${problem}; using a simulated one` }
  const packages = SIMULATOR_PACKAGES.join(' ')
  if (!mayInstall || !(await canInstallPackages())) {
    const remedy = `for a simulated TPM: apt-get install ${packages}`
    return { kind: 'none', because: `${problem}; using a key file (${remedy})` }
  }
  say(`${problem}; installing a simulator from Debian: ${packages}`)
  const installed = (await updatePackageLists()) && (await installPackages(SIMULATOR_PACKAGES))
  return installed && (await simulatorInstalled())
    ? { kind: 'simulated', because: 'using the simulated TPM that was installed' }
    : { kind: 'none', because: `could not install ${packages}; using a key file` }
}

/** Undefined if the device can be opened for reading and writing. */
async function whyUnusable(device: string): Promise<string | undefined> {
  try {
    await access(device, constants.F_OK)
  } catch {
    return 'no TPM found'
  }
  try {
    await (await open(device, constants.O_RDWR | constants.O_NONBLOCK)).close()
    return undefined
  } catch {
    return `this user may not open ${device}`
  }
}
