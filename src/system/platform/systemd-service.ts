import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { NativeAddon } from '../native/native-addon.ts'
import type { ServiceManager } from '../platform.ts'

export interface SystemdServiceComponents {
  readonly log: Pick<Log, 'warn'>
  readonly addon: Pick<NativeAddon, 'notifyService'> | undefined
}

/** See sd_notify(3). @param socket `NOTIFY_SOCKET`; without it, or without the addon, nothing is sent. */
export function systemdService({ log, addon }: SystemdServiceComponents, socket: string | undefined): ServiceManager {
  const send = (text: string) => {
    if (socket === undefined || socket === '') return
    try {
      addon?.notifyService(socket, text)
    } catch (error) {
      log.warn('the service manager cannot be notified', { text, reason: describeError(error) })
    }
  }
  return { ready: () => send('READY=1'), stopping: () => send('STOPPING=1') }
}
