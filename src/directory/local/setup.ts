import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { reader, Type } from '../../base/schema.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { makeFolderDurably } from '../../system/files/own/durable-folder.ts'
import { defaultPaths } from '../../system/platform/this-platform.ts'
import { commandRunner } from '../../system/program/command.ts'

/** What `init` does on the machine of the directory: its names, and its service. */

const UNIT = 'surety-directory.service'
const RESTART_WITHIN_MS = 90_000
const MAX_BYTES = 64 * 1024

const configReader = reader(Type.Object({ names: Type.Optional(Type.Array(Type.String())) }), {
  name: 'configuration file',
  code: 'CONFIG_INVALID',
  limits: { maxBytes: MAX_BYTES, maxDepth: 8 },
})

/** @throws `CONFIG_INVALID`. */
function readConfig(path: string, bytes: Uint8Array) {
  try {
    return configReader.readJson(fromUtf8(bytes))
  } catch (cause) {
    throw new SuretyError('CONFIG_INVALID', `${path}: ${describeError(cause)}`, { cause })
  }
}

export const setup = {
  hostName: () => hostname(),

  /**
   * Writes the names into the configuration file. Its other members stay.
   *
   * @throws `CONFLICT` if it has other names; `CONFIG_INVALID`, `FILE_*`, `STORE_FAILED`.
   */
  async configure(file: string | undefined, names: readonly string[]) {
    const path = file ?? defaultPaths().directory.configFile
    const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES })
    const before = bytes === undefined ? {} : readConfig(path, bytes)
    if (before.names !== undefined && before.names.length > 0) {
      if (JSON.stringify(before.names) === JSON.stringify(names)) return { path, changed: false }
      const shown = before.names.join(', ')
      throw new SuretyError('CONFLICT', `${path} has the names ${shown} already: give these, or change the file`)
    }
    const folder = dirname(path)
    if (!existsSync(folder)) {
      await makeFolderDurably(folder, { mode: 0o755 })
      // The service reads it as a user of its own, whatever the umask.
      await chmod(folder, 0o755)
    }
    const text = `${JSON.stringify({ ...before, names }, null, 2)}\n`
    await writeDurably(path, utf8(text), { mode: 0o644 })
    return { path, changed: true }
  },

  /** @throws `COMMAND_FAILED`, `COMMAND_TIMED_OUT`. */
  async restart(): Promise<'restarted' | 'absent'> {
    const commands = commandRunner()
    const state = await commands
      .run('systemctl', ['show', '--property=LoadState', '--value', UNIT], { timeoutMs: 10_000 })
      .catch(() => undefined)
    if (state?.stdout.trim() !== 'loaded') return 'absent'
    const { exitCode } = await commands.run('systemctl', ['restart', UNIT], { timeoutMs: RESTART_WITHIN_MS })
    if (exitCode === 0) return 'restarted'
    throw new SuretyError('COMMAND_FAILED', `${UNIT} does not start: see journalctl -u ${UNIT}`)
  },
}
