import { arch, cpus, hostname, release, totalmem } from 'node:os'
import { codeOf } from '../base/errors.ts'
import { member } from '../base/json-object.ts'
import type { Inventory } from '../protocol/messages/evidence.ts'
import type { PostureComponents } from './components.ts'
import type { HardwareFacts, HardwareReader } from './hardware.ts'
import { readOsRelease } from './os-release.ts'

export interface InventoryComponents extends Pick<PostureComponents, 'files' | 'clock'> {
  readonly hardware: HardwareReader
  readonly platform: Inventory['platform']
}

/** Programs that the hardware reader starts may hang; the files are then all we have. Milliseconds. */
const HARDWARE_TIMEOUT_MS = 10_000
const DMI = '/sys/class/dmi/id'
const SYSTEMS: Readonly<Record<Inventory['platform'], string>> = { linux: 'Linux', darwin: 'macOS', windows: 'Windows' }
/** /proc/cpuinfo of a machine with hundreds of cores is the longest of them. Bytes. */
const FILE_BYTES = 2 * 1024 * 1024

/**
 * Hardware and operating system, as labels. Nothing in it is identity: makers leave serial numbers empty or equal, and
 * machine ids are copied with disks.
 *
 * @throws the signal's reason when `signal` aborts; what cannot be read is left out.
 */
export async function collectInventory(
  components: InventoryComponents,
  { signal }: { signal: AbortSignal },
): Promise<Inventory> {
  // Elsewhere these paths mean nothing, or are places where users may write.
  const files = components.platform === 'linux' ? components.files : undefined
  const facts = await hardwareFacts(components, signal)
  const os = (files && (await readOsRelease(files).catch(() => undefined))) ?? new Map<string, string>()
  const [processor] = cpus()
  return {
    hostname: label(hostname(), 256) ?? 'unknown',
    ...member('machineId', label(facts.machineId ?? (await readLabel(files, '/etc/machine-id')), 128)),
    ...member('serial', label(facts.serial, 128) ?? label(await readLabel(files, `${DMI}/product_serial`), 128)),
    ...member(
      'manufacturer',
      label(facts.manufacturer, 256) ?? label(await readLabel(files, `${DMI}/sys_vendor`), 256),
    ),
    ...member('model', label(facts.model, 256) ?? label(await readLabel(files, `${DMI}/product_name`), 256)),
    platform: components.platform,
    arch: arch(),
    osName: label(facts.osName ?? os.get('NAME'), 256) ?? SYSTEMS[components.platform],
    osVersion: label(facts.osVersion ?? os.get('VERSION_ID'), 128) ?? label(os.get('BUILD_ID'), 128) ?? 'unknown',
    kernel: label(release(), 256) ?? 'unknown',
    ...member('cpu', label(facts.cpu, 256) ?? label(processor?.model, 256)),
    cpuCores: count(facts.cpuCores) ?? cpus().length,
    memoryBytes: count(facts.memoryBytes) ?? totalmem(),
    ...member('virtual', (await hasHypervisor(files)) || facts.virtual),
  }
}

async function hardwareFacts({ hardware, clock }: InventoryComponents, outer: AbortSignal): Promise<HardwareFacts> {
  const ended = new AbortController()
  const signal = AbortSignal.any([outer, ended.signal])
  const late = clock.sleep(HARDWARE_TIMEOUT_MS, { signal }).then(
    () => ({}),
    () => ({}),
  )
  try {
    return await Promise.race([hardware.read({ signal }).catch(() => ({})), late])
  } finally {
    ended.abort()
    outer.throwIfAborted()
  }
}

/** systeminformation does not see every virtual machine; on x86 the processor says it, where the hypervisor lets it. */
async function hasHypervisor(files: PostureComponents['files'] | undefined): Promise<boolean> {
  return /^flags\s*:.* hypervisor(?: |$)/m.test((await readLabel(files, '/proc/cpuinfo')) ?? '')
}

async function readLabel(files: PostureComponents['files'] | undefined, path: string): Promise<string | undefined> {
  try {
    return await files?.readText(path, { maxBytes: FILE_BYTES })
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

/** What makers and libraries write where there is nothing to say. */
const NOTHING =
  /^(?:-|0+|none|unknown|default string|not specified|not applicable|system (?:serial number|manufacturer|product name)|to be filled by o\.?e\.?m\.?|o\.e\.m\.)$/i

function label(text: string | undefined, maxLength: number): string | undefined {
  const clean = text?.replace(/\p{C}+/gu, ' ').trim()
  return clean === undefined || clean === '' || NOTHING.test(clean) ? undefined : clean.slice(0, maxLength)
}

function count(value: number | undefined): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : undefined
}
