import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Backups and restores that are killed at any moment: complete, or not begun, or refused at the next start. */

const MAIN = resolve(import.meta.dirname, '../../../src/main-directory.ts')
const STEPS = 10

function namesBelow(folder: string): number {
  // A folder is renamed while it is read.
  try {
    return readdirSync(folder, { recursive: true }).length
  } catch {
    return 0
  }
}

/** Kills the command once the folder holds `count` names, or lets it end. @returns whether it was killed. */
async function killedAt(args: readonly string[], folder: string, count: number): Promise<boolean> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  let over = false
  const watched = ended.then(([, signal]) => {
    over = true
    return signal === 'SIGKILL'
  })
  while (!over) {
    if (namesBelow(folder) >= count) child.kill('SIGKILL')
    await new Promise((done) => setImmediate(done))
  }
  return await watched
}

test(
  'a killed restore leaves a whole directory, nothing, or one that does not start',
  async () => {
    using folder = temporaryFolder()
    const [data, backup, restored] = ['data', 'backup', 'restored'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ]
    await (await serveDirectory(data))[Symbol.asyncDispose]()
    const made = await runDirectory(['backup', 'create', '--to', backup, '--data', data])
    expect(made).toMatchObject({ exitCode: 0, stderr: '' })
    let killed = 0
    for (let count = 1; count <= STEPS; count += 2) {
      rmSync(restored, { recursive: true, force: true })
      if (await killedAt(['restore', '--from', backup, '--data', restored], restored, count)) killed++
      const names = existsSync(restored) ? readdirSync(restored) : []
      const begun = names.some((name) => !name.startsWith('serving.sqlite'))
      if (!begun) continue
      const database = join(restored, 'directory.sqlite')
      const isWhole = existsSync(database) && existsSync(join(restored, 'keys/root.key.pem'))
      const code = codeOfCall(() => openStore(database).close())
      expect({ count, names, code }).toEqual({ count, names, code: isWhole ? 'no refusal' : 'STORE_CORRUPT' })
    }
    expect(killed).toBeGreaterThan(1)
  },
  scaledMs(120_000),
)

test(
  'a backup that is killed is not there',
  async () => {
    using folder = temporaryFolder()
    const [data, to] = [join(folder.path, 'data'), join(folder.path, 'to')] as [string, string]
    await (await serveDirectory(data))[Symbol.asyncDispose]()
    let killed = 0
    for (let count = 1; count <= STEPS; count += 2) {
      rmSync(to, { recursive: true, force: true })
      // The unfinished folder lies beside it.
      const before = readdirSync(folder.path, { recursive: true }).length
      if (await killedAt(['backup', 'create', '--to', to, '--data', data], folder.path, before + count)) killed++
      if (!existsSync(to)) continue
      expect(await runDirectory(['backup', 'verify', to])).toMatchObject({ exitCode: 0 })
    }
    expect(killed).toBeGreaterThan(1)
  },
  scaledMs(120_000),
)
