import { lstat, mkdtemp, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { systemClock } from '../../../base/clock.ts'
import { SuretyError } from '../../../base/errors.ts'
import type { DirectoryConfig } from '../../../config/directory.ts'
import { errnoOf } from '../../../system/files/file-errors.ts'
import { syncFolder } from '../../../system/files/own/durable-folder.ts'
import { addressOf, certificateNames } from '../../local/addresses.ts'
import { prepareDataFolder, requireOwnFolder } from '../../local/data-folder.ts'
import { serveAlone } from '../../store/serve-alone.ts'
import { type Filled, type FillInit, fillDirectory } from './fill.ts'

/** Says to people and to `demo` that the folder holds nothing real. The database has a mark of its own. */
const NOTE = 'DEMONSTRATION'
const NOTE_TEXT = 'This folder holds made-up data of a demonstration. surety-directory demo may replace it.\n'

export type DemonstrationInit = Pick<FillInit, 'devices' | 'seed' | 'progress' | 'signal'>

/**
 * Makes the data folder of a demonstration, or replaces that of an earlier one: whole, or not at all.
 *
 * @throws `CONFLICT` for a folder with anything else in it, and while a directory serves it; `NOT_PERMITTED`, `STORE_FAILED`.
 */
export async function makeDemonstration(config: DirectoryConfig, init: DemonstrationInit): Promise<Filled> {
  const path = resolve(config.data)
  const before = await contentOf(path)
  if (before === 'other') {
    const message = `${JSON.stringify(path)} has other files than those of a demonstration: give a folder that does not exist`
    throw new SuretyError('CONFLICT', message)
  }
  if (before !== 'absent') requireOwnFolder(path)
  using _lock =
    before === 'demonstration'
      ? serveAlone(path, { pid: process.pid, host: hostname(), since: systemClock.now() })
      : undefined
  const beside = await madeBeside(path)
  try {
    const whole = join(beside, 'directory')
    await prepareDataFolder(whole)
    const filled = await fillDirectory({
      ...init,
      dataFolder: whole,
      names: certificateNames(config, hostname()),
      url: `https://${addressOf(config['api.host'], config['api.port'])}`,
      now: systemClock.now(),
    })
    await writeFile(join(whole, NOTE), NOTE_TEXT, { mode: 0o600 })
    await syncDatabase(join(whole, 'directory.sqlite'))
    if (before !== 'absent') await rename(path, join(beside, 'replaced'))
    await rename(whole, path)
    await syncFolder(dirname(path))
    return filled
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

async function contentOf(path: string): Promise<'absent' | 'empty' | 'demonstration' | 'other'> {
  try {
    if (!(await lstat(path)).isDirectory()) return 'other'
    const names = await readdir(path)
    return names.length === 0 ? 'empty' : names.includes(NOTE) ? 'demonstration' : 'other'
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'absent'
    throw new SuretyError('STORE_FAILED', `cannot read ${JSON.stringify(path)}: ${errnoOf(error) ?? 'failed'}`)
  }
}

async function madeBeside(path: string): Promise<string> {
  try {
    return await mkdtemp(`${path}.new-`)
  } catch (error) {
    const errno = errnoOf(error) ?? 'failed'
    throw new SuretyError('STORE_FAILED', `cannot make a folder in ${JSON.stringify(dirname(path))}: ${errno}`)
  }
}

/** The fill left that to the end. */
async function syncDatabase(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.sync()
}
