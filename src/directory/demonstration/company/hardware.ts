import type { Inventory } from '../../../protocol/messages/evidence.ts'
import type { DeviceLabel } from '../../../protocol/messages/frames.ts'
import type { Tier } from '../../../protocol/tier.ts'
import type { Draw } from './draw.ts'

/** Laptops of a made-up company. Serial numbers and host names begin with `DEMO` and `demo`. */

export interface Machine {
  readonly label: DeviceLabel
  readonly inventory: Inventory
  readonly tier: Tier
  /** Where homes are. */
  readonly homes: string
}

interface Model {
  readonly weight: number
  readonly manufacturer: string
  readonly model: string
  readonly cpu: string
  readonly cores: number
  readonly gigabytes: number
}

interface System {
  readonly weight: number
  readonly platform: DeviceLabel['platform']
  readonly osName: string
  readonly osVersion: string
  readonly kernel: string
}

const GIGABYTE = 1024 ** 3
const model = (weight: number, manufacturer: string, name: string, cpu: string, cores: number, gigabytes: number) => ({
  weight,
  manufacturer,
  model: name,
  cpu,
  cores,
  gigabytes,
})

const PC_MODELS: readonly Model[] = [
  model(24, 'LENOVO', 'ThinkPad X1 Carbon Gen 13', 'Intel Core Ultra 7 258V', 8, 32),
  model(18, 'LENOVO', 'ThinkPad T14s Gen 6', 'AMD Ryzen AI 7 PRO 360', 8, 32),
  model(16, 'Dell Inc.', 'Latitude 7450', 'Intel Core Ultra 5 135U', 12, 16),
  model(10, 'Dell Inc.', 'XPS 13 9350', 'Intel Core Ultra 7 256V', 8, 16),
  model(12, 'HP', 'EliteBook 840 G11', 'Intel Core Ultra 7 155H', 16, 32),
  model(7, 'Framework', 'Laptop 13 (AMD Ryzen AI 300)', 'AMD Ryzen AI 9 HX 370', 12, 64),
  model(6, 'Microsoft Corporation', 'Surface Laptop 7', 'Intel Core Ultra 7 268V', 8, 32),
  model(3, 'TUXEDO', 'InfinityBook Pro 14 Gen10', 'AMD Ryzen AI 9 365', 10, 64),
]
const MAC_MODELS: readonly Model[] = [
  model(40, 'Apple Inc.', 'MacBook Pro (14-inch, M4 Pro)', 'Apple M4 Pro', 12, 24),
  model(35, 'Apple Inc.', 'MacBook Air (13-inch, M4)', 'Apple M4', 10, 16),
  model(15, 'Apple Inc.', 'MacBook Pro (16-inch, M3 Max)', 'Apple M3 Max', 14, 36),
  model(10, 'Apple Inc.', 'MacBook Air (13-inch, M2)', 'Apple M2', 8, 16),
]

const SYSTEMS: readonly System[] = [
  { weight: 22, platform: 'windows', osName: 'Windows 11 Enterprise', osVersion: '25H2', kernel: '10.0.26200' },
  { weight: 12, platform: 'windows', osName: 'Windows 11 Enterprise', osVersion: '24H2', kernel: '10.0.26100' },
  { weight: 2, platform: 'windows', osName: 'Windows 10 Enterprise', osVersion: '22H2', kernel: '10.0.19045' },
  { weight: 24, platform: 'darwin', osName: 'macOS', osVersion: '26.1', kernel: '25.1.0' },
  { weight: 9, platform: 'darwin', osName: 'macOS', osVersion: '15.7.2', kernel: '24.6.0' },
  { weight: 12, platform: 'linux', osName: 'Ubuntu', osVersion: '24.04', kernel: '6.14.0-36-generic' },
  { weight: 9, platform: 'linux', osName: 'Debian GNU/Linux', osVersion: '13', kernel: '6.12.57+deb13-amd64' },
  { weight: 6, platform: 'linux', osName: 'Fedora Linux', osVersion: '43', kernel: '6.17.8-300.fc43.x86_64' },
  { weight: 1, platform: 'linux', osName: 'Ubuntu', osVersion: '20.04', kernel: '5.15.0-139-generic' },
]

interface Daemon {
  readonly weight: number
  readonly version: string
  readonly updates: NonNullable<Inventory['daemon']>['updates']
}

const DAEMONS: readonly Daemon[] = [
  { weight: 82, version: '0.1.0', updates: 'current' },
  { weight: 12, version: '0.1.0', updates: 'waiting' },
  { weight: 6, version: '0.0.9', updates: 'failed' },
]

/** What a device may call itself: everything that a page or a terminal could mistake for its own. */
const AWKWARD_HOSTS: readonly string[] = [
  'demo-<script>alert(1)</script>',
  'demo-\u202egnp.ton\u202c-rtl',
  `demo-${'very-long-host-name-'.repeat(10)}end`.slice(0, 200),
  'demo-🦄-laptop',
  'demo-"quoted", comma; \u001b[31mred\u001b[0m',
]

const HOMES = { linux: '/home', darwin: '/Users', windows: 'C:/Users' } as const

/** @param at place of the device, in its serial number. */
export function machineOf(draw: Draw, { userName, at }: { readonly userName: string; readonly at: number }): Machine {
  const system = draw.weighted(SYSTEMS)
  const { platform, osName, osVersion, kernel } = system
  const hardware = draw.weighted(platform === 'darwin' ? MAC_MODELS : PC_MODELS)
  const isArm = platform === 'darwin'
  const serial = `DEMO-${String(at + 1).padStart(6, '0')}`
  const host = `demo-${userName.replaceAll('.', '-')}-${at % 1000}`
  const hostname = awkwardHost(at) ?? host
  const arch = isArm ? 'arm64' : 'x64'
  const { version, updates } = draw.weighted(DAEMONS)
  return {
    label: { hostname, platform, arch, serial, machineId: `demo-${at}` },
    inventory: {
      hostname,
      platform,
      arch,
      serial,
      machineId: `demo-${at}`,
      manufacturer: hardware.manufacturer,
      model: `${hardware.model} (demonstration)`,
      osName,
      osVersion,
      kernel,
      cpu: hardware.cpu,
      cpuCores: hardware.cores,
      memoryBytes: hardware.gigabytes * GIGABYTE,
      daemon: { version, updates, channel: 'stable' },
    },
    tier: tierOf(platform, draw),
    homes: HOMES[platform],
  }
}

function awkwardHost(at: number): string | undefined {
  return at >= 40 && at % 40 === 0 ? AWKWARD_HOSTS[at / 40 - 1] : undefined
}

function tierOf(platform: DeviceLabel['platform'], draw: Draw): Tier {
  if (platform === 'darwin') return draw.chance(0.7) ? 'enclave-attested' : 'enclave'
  return draw.chance(0.8) ? 'tpm-attested' : draw.chance(0.75) ? 'tpm' : 'software'
}
