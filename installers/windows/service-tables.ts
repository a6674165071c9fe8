import type { WindowsDescription } from '../description.ts'
import type { Table } from './idt.ts'

const OWN_PROCESS = 16
const AUTOMATIC = 2
/** A service that cannot be entered ends the installation. */
const NORMAL_ERROR = 0x8001
const EVENT = { start: 0x1, stop: 0x2, stopAtRemoval: 0x20, deleteAtRemoval: 0x80 }

/** The service, and when it starts and stops. @param component of the service host. */
export function serviceTables(component: string, { service }: WindowsDescription): readonly Table[] {
  return [
    {
      name: 'ServiceInstall',
      columns: [
        ...([
          ['ServiceInstall', 's72'],
          ['Name', 's255'],
          ['DisplayName', 'L255'],
          ['ServiceType', 'i4'],
        ] as const),
        ...([
          ['StartType', 'i4'],
          ['ErrorControl', 'i4'],
          ['LoadOrderGroup', 'S255'],
        ] as const),
        ...([
          ['Dependencies', 'S255'],
          ['StartName', 'S255'],
          ['Password', 'S255'],
        ] as const),
        ...([
          ['Arguments', 'S255'],
          ['Component_', 's72'],
          ['Description', 'L255'],
        ] as const),
      ],
      keys: 1,
      rows: [
        [
          ...['Service', service.name, service.displayName, OWN_PROCESS, AUTOMATIC, NORMAL_ERROR],
          ...[null, null, null, null, null, component, service.description],
        ],
      ],
    },
    {
      name: 'ServiceControl',
      columns: [
        ...([
          ['ServiceControl', 's72'],
          ['Name', 'l255'],
          ['Event', 'i2'],
        ] as const),
        ...([
          ['Arguments', 'L255'],
          ['Wait', 'I2'],
          ['Component_', 's72'],
        ] as const),
      ],
      keys: 1,
      rows: [
        ['Stop', service.name, EVENT.stop | EVENT.stopAtRemoval | EVENT.deleteAtRemoval, null, 1, component],
        // Without waiting: a daemon that starts slowly, or has wrong settings, is no reason to take everything away again.
        ['Start', service.name, EVENT.start, null, 0, component],
      ],
    },
  ]
}
