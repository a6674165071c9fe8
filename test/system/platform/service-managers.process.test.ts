import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { launchdService, READY_NOTIFICATION, STOPPING_NOTIFICATION } from '../../../src/system/platform/darwin.ts'
import { systemdService } from '../../../src/system/platform/linux.ts'
import { serviceHost } from '../../../src/system/platform/service-host.ts'
import { describeServiceManager, type ToldManager } from '../../contracts/service-manager.contract.ts'
import { canRunServiceManager, startServiceManager } from '../../support/processes/service-manager.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon } from '../../support/users/peers.ts'
import { waitFor } from '../../support/wait-for.ts'

const log = { warn: () => undefined }

/** What `surety-service` reads at the other end of a pipe. */
async function hosted(): Promise<ToldManager> {
  const pipe = new PassThrough()
  let text = ''
  pipe.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  const lines = () => text.split('\n').slice(0, -1)
  return {
    service: serviceHost((line) => pipe.write(line)),
    received: (count) => waitFor('lines', lines, { until: (seen) => seen.length >= count }),
    [Symbol.asyncDispose]: async () => void pipe.destroy(),
  }
}

async function hostGone(): Promise<ToldManager> {
  const pipe = new PassThrough()
  pipe.on('error', () => undefined).destroy()
  return {
    service: serviceHost((line) => pipe.write(line)),
    received: async () => [],
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** Notifications of macOS, by what they say to systemd. */
const NOTIFICATIONS = new Map([
  [READY_NOTIFICATION, 'READY=1'],
  [STOPPING_NOTIFICATION, 'STOPPING=1'],
])

function notified(announce: (name: string) => number) {
  const names: string[] = []
  const addon = {
    announce(name: string) {
      names.push(NOTIFICATIONS.get(name) ?? name)
      return announce(name)
    },
  }
  const service = launchdService({ log, addon }, { isJob: true })
  return async () => ({ service, received: async () => names, [Symbol.asyncDispose]: async () => undefined })
}

function notRegistered(): never {
  throw new Error('notify_post is missing')
}

describeServiceManager('notifications of macOS', { open: notified(() => 0), openGone: notified(() => 1) })
describeServiceManager('notifications of an older macOS', {
  open: notified(() => 0),
  openGone: notified(notRegistered),
})
describeServiceManager('the service host of Windows', { open: hosted, openGone: hostGone })

if (addon !== undefined && canRunServiceManager) {
  describeServiceManager('systemd', {
    async open() {
      const folder = temporaryFolder()
      const socket = join(folder.path, 'notify')
      const manager = await startServiceManager(socket)
      return {
        service: systemdService({ log, addon }, { socket: socket }),
        received: (count) => waitFor('messages', () => manager.received(), { until: (seen) => seen.length >= count }),
        async [Symbol.asyncDispose]() {
          await manager[Symbol.asyncDispose]()
          folder[Symbol.dispose]()
        },
      }
    },
    openGone: async () => ({
      service: systemdService({ log, addon }, { socket: '/nowhere/notify' }),
      received: async () => [],
      [Symbol.asyncDispose]: async () => undefined,
    }),
  })
}
