import { loadAddon } from '../native/native-addon.ts'
import type { ConnectLocal } from '../socket/local-listener.ts'
import { connectToPipe, PIPE_FUNCTIONS, type WindowsPipeAddon } from '../socket/windows-pipe.ts'

let connect: ConnectLocal | undefined

/** @throws as `connectToPipe`, `ADDON_UNAVAILABLE`. */
export const connectToDaemon: ConnectLocal = (path, options) => {
  connect ??= connectToPipe({ addon: loadAddon<WindowsPipeAddon>(PIPE_FUNCTIONS) })
  return connect(path, options)
}
