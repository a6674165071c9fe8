import { type CheckOutcome, fail, listed, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { type KernelRelease, parseKernelRelease } from '../../parsers/os/kernel-release.ts'
import { listOptional, readOptional } from '../../read-optional.ts'

/** Packages create it on Debian and its relatives, if one of `MARKERS` is installed. */
const MARK = '/run/reboot-required'
const MARKERS = ['/etc/kernel/postinst.d/unattended-upgrades', '/usr/share/update-notifier/notify-reboot-required']
const MODULES = '/lib/modules'

/** `os.reboot-pending`: no installed update waits for a restart. Reads marks of packages and compares kernels. */
export async function checkRebootPending({ files }: PostureComponents): Promise<CheckOutcome> {
  if ((await readOptional(files, MARK)) !== undefined) {
    const packages = [...new Set((await readOptional(files, `${MARK}.pkgs`))?.split('\n').map((name) => name.trim()))]
    const names = packages.filter((name) => name !== '')
    return fail(`A restart is needed for updates that are installed${names.length === 0 ? '' : `: ${listed(names)}`}.`)
  }
  const running = (await readOptional(files, '/proc/sys/kernel/osrelease'))?.trim()
  const kernels = await installedKernels(files)
  if (running !== undefined && kernels.length > 0) return kernelOutcome(running, kernels)
  for (const path of MARKERS) {
    if ((await readOptional(files, path)) !== undefined) return pass('No package asks for a restart.')
  }
  return unknown('this system has no installed kernel to compare with, and its packages do not mark a needed restart')
}

function kernelOutcome(running: string, kernels: readonly string[]): CheckOutcome {
  if (!kernels.includes(running)) {
    return fail(`The running kernel ${running} is no longer installed: a restart is needed.`)
  }
  const own = parseKernelRelease(running)
  if (own === undefined) return unknown(`the version of the running kernel has a form not known: ${running}`)
  const newer = kernels.filter((kernel) => isNewer(parseKernelRelease(kernel), own))
  return newer.length > 0
    ? fail(`A newer kernel is installed than the running ${running}: ${listed(newer)}. A restart is needed.`)
    : pass(`No package asks for a restart, and the newest installed kernel runs (${running}).`)
}

/** Kernels of another flavour, such as `cloud-amd64` beside `amd64`, are a choice and no update. */
function isNewer(kernel: KernelRelease | undefined, own: KernelRelease): boolean {
  if (kernel === undefined || kernel.flavour !== own.flavour) return false
  const at = own.numbers.findIndex((number, index) => number !== kernel.numbers[index])
  if (at === -1) return kernel.numbers.length > own.numbers.length
  return (kernel.numbers[at] ?? -1) > (own.numbers[at] ?? -1)
}

/** Releases with modules and an image. A folder alone may be left over from a removed kernel. */
async function installedKernels(files: PostureComponents['files']): Promise<readonly string[]> {
  const images = new Set((await listOptional(files, '/boot'))?.map(({ name }) => name))
  const kernels: string[] = []
  for (const { name } of (await listOptional(files, MODULES)) ?? []) {
    const inside = (await listOptional(files, `${MODULES}/${name}`)) ?? []
    if (images.has(`vmlinuz-${name}`) || inside.some((entry) => entry.name === 'vmlinuz')) kernels.push(name)
  }
  return kernels
}
