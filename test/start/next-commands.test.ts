import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { askDaemonCommand, askDirectoryCommand } from '../../src/start/next-commands.ts'

test('a path with a space is one argument of the commands that it tells', () => {
  expect([
    askDaemonCommand("/home/al/Bob's work/control.sock"),
    askDirectoryCommand('/home/al/my work/administrator.json', 'devices', 'list'),
    askDirectoryCommand('/srv/surety/administrator.json', 'decisions', 'approve', 'dec_x'),
  ]).toEqual([
    "npm run -s surety -- status --socket '/home/al/Bob'\\''s work/control.sock'",
    "npm run -s surety-directory -- devices list --profile '/home/al/my work/administrator.json'",
    'npm run -s surety-directory -- decisions approve dec_x --profile /srv/surety/administrator.json',
  ])
})

test('a data folder without a name is refused: it would be the folder that the command is given in', () => {
  const main = resolve(import.meta.dirname, '../../src/main-start.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--data', '', '--help'], { encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: "error: option '--data <folder>' argument '' is invalid. a folder has a name\n",
  })
})
