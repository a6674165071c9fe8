import { release, uptime } from 'node:os'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcessDetails } from '../../../src/system/processes/linux/process-details.ts'
import { linuxProcessEvents } from '../../../src/system/processes/linux/process-events.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { PROCESSES_CHECKS } from '../../contracts/processes.checks.ts'
import { OWN_ID } from '../../support/users/local-user.ts'

describe('the processes of Linux keep the contract', () => {
  const addon = loadNativeAddon()
  test.each(PROCESSES_CHECKS)('$name', async ({ run }) => {
    await run({
      table: linuxProcesses({ addon }),
      details: linuxProcessDetails(),
      // The kernel tells root alone.
      events: process.getuid?.() === 0 ? linuxProcessEvents({ addon }, { release: release() }) : undefined,
      ownUserId: OWN_ID,
      bootedAt: Date.now() - uptime() * 1000,
      folder: { native: '/usr', portable: '/usr' },
    })
  })
})
