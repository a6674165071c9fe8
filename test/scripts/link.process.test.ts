import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)
const LINK = resolve(import.meta.dirname, '../../scripts/link.ts')
const link = (...args: readonly string[]) => run(process.execPath, [LINK, ...args])

test('links programs that run from any folder, and their man pages', async () => {
  using folder = temporaryFolder()
  const { stdout } = await link('--prefix', folder.path)
  expect(stdout).toContain(`Add ${join(folder.path, 'bin')} to PATH`)
  for (const name of ['surety', 'surety-directory', 'suretyd']) {
    const { stdout: version } = await run(join(folder.path, 'bin', name), ['--version'], { cwd: '/' })
    expect(version).toMatch(/\d+\.\d+\.\d+/)
  }
  expect(existsSync(join(folder.path, 'share/man/man1/surety.1'))).toBe(true)
  await link('--prefix', folder.path)
  await link('--prefix', folder.path, '--remove')
  expect(existsSync(join(folder.path, 'bin/surety'))).toBe(false)
})

test('does not touch a file that is not its own', async () => {
  using folder = temporaryFolder()
  await link('--prefix', folder.path)
  await link('--prefix', folder.path, '--remove')
  writeFileSync(join(folder.path, 'bin/surety'), 'mine')
  await expect(link('--prefix', folder.path)).rejects.toMatchObject({ code: 1 })
  await expect(link('--prefix', folder.path, '--remove')).rejects.toMatchObject({ code: 1 })
  expect(existsSync(join(folder.path, 'bin/surety'))).toBe(true)
})
