import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, realpathSync } from 'node:fs'
import { linuxMounts } from '../../../src/system/mounts/linux.ts'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { isRootsProgram } from '../../../src/system/processes/program-file.ts'

const LINK = '/usr/bin/sh'
const onLinux = process.platform === 'linux' && isLink(LINK) ? test : test.skip

onLinux('a system program belongs to root at the path of the kernel, not at a link to it', async () => {
  const child = spawn(LINK, ['-c', 'read line'], { stdio: ['pipe', 'ignore', 'ignore'] })
  await once(child, 'spawn')
  const entry = linuxProcesses({ addon: loadNativeAddon() }).entry(child.pid ?? 0)
  child.stdin.end()
  await once(child, 'close')
  const file = entry?.programFile
  const mounts = linuxMounts().local()
  expect(entry?.executable).toBe(realpathSync(LINK))
  const paths = [realpathSync(LINK), LINK, '/usr/bin/env', '/usr/bin/no-such-program']
  expect(paths.map((path) => file && isRootsProgram(path, file, { mounts }))).toEqual([true, false, false, false])
})

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}
