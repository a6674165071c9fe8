import { member } from '../../base/json-object.ts'
import type { AskOptions, WindowsFacts, WmiRow } from '../../system/facts/windows-facts.ts'
import type { HardwareFacts, HardwareReader } from '../hardware.ts'
import { booleanOf, numberOf, orUndefined, wordsOf } from './windows-check.ts'

const CURRENT_VERSION = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion'
const WITHIN_MS = 8_000

/** The hardware and the release by WMI and the registry: no program is started. What is not told is left out. */
export function windowsHardware(facts: WindowsFacts): HardwareReader {
  return { read: async ({ signal }) => await readHardware(facts, { signal, timeoutMs: WITHIN_MS }) }
}

async function readHardware(facts: WindowsFacts, options: AskOptions): Promise<HardwareFacts> {
  const first = async (name: string): Promise<WmiRow> => {
    const rows = await orUndefined(facts.query('root\\cimv2', `SELECT * FROM ${name}`, options))
    options.signal.throwIfAborted()
    return rows?.[0] ?? {}
  }
  const computer = await first('Win32_ComputerSystem')
  const product = await first('Win32_ComputerSystemProduct')
  const bios = await first('Win32_BIOS')
  const processor = await first('Win32_Processor')
  const system = await first('Win32_OperatingSystem')
  const memory = Number(wordsOf(computer, 'TotalPhysicalMemory'))
  return {
    ...member('manufacturer', wordsOf(computer, 'Manufacturer') ?? wordsOf(product, 'Vendor')),
    ...member('model', modelOf(computer, product)),
    ...member('serial', wordsOf(bios, 'SerialNumber') ?? wordsOf(product, 'IdentifyingNumber')),
    ...member('cpu', wordsOf(processor, 'Name')),
    ...member('cpuCores', numberOf(processor, 'NumberOfCores')),
    ...member('memoryBytes', Number.isSafeInteger(memory) ? memory : undefined),
    ...member('virtual', isVirtual(computer)),
    ...member(
      'machineId',
      registryText(facts, 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', 'MachineGuid')?.toLowerCase(),
    ),
    // The registry of Windows 11 still says Windows 10.
    ...member('osName', wordsOf(system, 'Caption') ?? registryText(facts, CURRENT_VERSION, 'ProductName')),
    ...member('osVersion', versionOf(facts)),
  }
}

/** Lenovo puts the number of the type into the model and the name that people know into the version. */
function modelOf(computer: WmiRow, product: WmiRow): string | undefined {
  const model = wordsOf(computer, 'Model') ?? wordsOf(product, 'Name')
  const version = wordsOf(product, 'Version')
  const isLenovo = /^lenovo$/i.test(wordsOf(computer, 'Manufacturer') ?? '')
  return isLenovo && model !== undefined && version !== undefined ? `${version} (${model})` : model
}

/** A hypervisor is also there where Windows runs on its own, so models say it. */
function isVirtual(computer: WmiRow): boolean | undefined {
  if (booleanOf(computer, 'HypervisorPresent') === undefined) return undefined
  const words = `${wordsOf(computer, 'Manufacturer') ?? ''} ${wordsOf(computer, 'Model') ?? ''}`
  return /virtual machine|vmware|virtualbox|kvm|qemu|xen|parallels|bochs|google compute|amazon ec2/i.test(words)
}

/** `25H2 (10.0.26200.7171)`; the name of the version is absent in old ones. */
function versionOf(facts: WindowsFacts): string | undefined {
  const build = registryText(facts, CURRENT_VERSION, 'CurrentBuild')
  if (build === undefined) return undefined
  const revision = registryNumber(facts, CURRENT_VERSION, 'UBR')
  const version = `10.0.${build}${revision === undefined ? '' : `.${revision}`}`
  const name = registryText(facts, CURRENT_VERSION, 'DisplayVersion')
  return name === undefined ? version : `${name} (${version})`
}

/** Undefined for a value of a wrong type, too: a label is not worth an error. */
function registryText(
  { registry }: WindowsFacts,
  ...[key, name]: Parameters<typeof registry.text>
): string | undefined {
  try {
    return registry.text(key, name)
  } catch {
    return undefined
  }
}

function registryNumber(
  { registry }: WindowsFacts,
  ...[key, name]: Parameters<typeof registry.number>
): number | undefined {
  try {
    return registry.number(key, name)
  } catch {
    return undefined
  }
}
