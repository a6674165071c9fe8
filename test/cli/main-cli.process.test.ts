import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MAIN = resolve(import.meta.dirname, '../../src/main-cli.ts')

/** /dev/full: every write fails as on a full disk. */
const onLinux = process.platform === 'linux' ? test : test.skip

onLinux.each([['version'], ['config show --json']])(
  '`surety %s` exits with 1 and a message when it cannot write its output',
  (argv) => {
    using folder = temporaryFolder()
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...argv.split(' ')], {
      env: { SURETY_SOCKET: join(folder.path, 'nobody.sock') },
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    closeSync(full)
    expect({ status, messages: stderr.split('\n').filter((line) => line.includes('written')) }).toEqual({
      status: 1,
      messages: [expect.stringMatching(/^surety: the answer cannot be written: ENOSPC/)],
    })
  },
)

test('treats a closed pipe as no failure and stays silent', async () => {
  const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  expect([(await once(child, 'close'))[0], said]).toEqual([0, ''])
})
