import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../support/directory/run-commands.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('config show names each place whole, however long its path', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, `${'long-'.repeat(12)}company.json`)
  writeFileSync(file, '{"log":{"level":"warn"}}', { mode: 0o600 })
  const { out } = await runCommand({ clock: new FakeClock(), folder: folder.path }, [
    'config',
    'show',
    '--config',
    file,
  ])
  expect(out.split('\n').filter((line) => line.includes('log.level'))).toEqual([
    expect.stringMatching(new RegExp(`^  log\\.level +warn +file +${file}$`)),
  ])
})
