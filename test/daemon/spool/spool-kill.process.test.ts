import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { chainOf, open } from './spool-fixture.ts'

test('keeps every batch that append resolved for through kill -9', async () => {
  using folder = temporaryFolder()
  const root = join(import.meta.dirname, '../../..')
  const program = `
    const { openSpoolFiles } = await import('${root}/src/daemon/spool/open-spool-files.ts')
    const { unsignedBatch } = await import('${root}/test/support/daemon/unsigned-batch.ts')
    const { systemClock } = await import('${root}/src/base/clock.ts')
    const spool = openSpoolFiles({ clock: systemClock }, { stateFolder: process.argv[1], maxBytes: 1e9 })
    spool.begin({ device: 'dev', epoch: 1 })
    for (;;) {
      const batch = unsignedBatch(spool.chain, 'batch ' + (spool.chain.head.sequence + 1))
      await spool.append(batch)
      process.stdout.write(batch.sequence + '\\n')
    }`
  for (const until of [1, 50, 200]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let resolved = 0
    let killed = false
    child.stdout.on('data', (chunk: Buffer) => {
      resolved = Math.max(resolved, ...String(chunk).split('\n').map(Number))
      if (resolved >= until && !killed) killed = child.kill('SIGKILL')
    })
    await once(child, 'close')
    using spool = open(folder.path, { maxBytes: 1e9 })
    const { head } = chainOf(spool)
    expect(head.sequence).toBeGreaterThanOrEqual(resolved)
    expect(spool.read(resolved)?.jws).toBe(`batch ${resolved}`)
    expect(spool.read(head.sequence)?.hash).toBe(head.hash)
  }
})
