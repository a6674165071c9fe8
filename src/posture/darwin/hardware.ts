import { cpus } from 'node:os'
import { dictionaryOf, parsePropertyList, textIn, valueIn } from '../../base/property-lists/property-list.ts'
import type { PostureComponents } from '../components.ts'
import type { HardwareFacts, HardwareReader } from '../hardware.ts'
import { ask } from './ask.ts'
import { readSystemVersion } from './system-version.ts'

const TIMEOUT_MS = 10_000

/** What the registry of devices (ioreg) and macOS itself tell of this Mac. What is not told is left out. */
export function darwinHardware(components: Pick<PostureComponents, 'commands' | 'files'>): HardwareReader {
  return {
    async read({ signal }) {
      const system = await readSystemVersion(components).catch(() => undefined)
      const { stdout } = await ask(components, 'macHardware', { signal, timeoutMs: TIMEOUT_MS })
      const [processor] = cpus()
      return {
        ...platformFacts(stdout),
        ...(processor === undefined ? {} : { cpu: processor.model }),
        ...(system === undefined ? {} : { osName: system.name, osVersion: system.version }),
      }
    },
  }
}

/** Reads the answer of `ioreg -a -r -d 1 -c IOPlatformExpertDevice`: a list with one device. */
export function platformFacts(stdout: string): Pick<HardwareFacts, 'manufacturer' | 'model' | 'serial' | 'machineId'> {
  const devices = parsePropertyList(new TextEncoder().encode(stdout))
  const device = dictionaryOf(Array.isArray(devices) ? devices[0] : undefined)
  if (device === undefined) return {}
  const facts = {
    manufacturer: textOf(valueIn(device, 'manufacturer')),
    model: textOf(valueIn(device, 'model')),
    serial: textIn(device, 'IOPlatformSerialNumber'),
    machineId: textIn(device, 'IOPlatformUUID')?.replaceAll('-', '').toLowerCase(),
  }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}

/** Texts of the firmware are bytes that end in NUL. */
function textOf(value: ReturnType<typeof valueIn>): string | undefined {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value).replace(/\0[\s\S]*$/, '')
  return typeof value === 'string' ? value : undefined
}
