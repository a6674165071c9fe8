import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { type Caller, serveControl } from '../../../src/daemon/control/control-server.ts'
import { controlResponseReader } from '../../../src/protocol/messages/control.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { OWN_ID } from '../../support/users/local-user.ts'
import { addon, peers } from '../../support/users/peers.ts'

const asRootWithAddon = addon === undefined || process.geteuid?.() !== 0 ? test.skip : test
asRootWithAddon('(root, addon) serves another user only their own status', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  const socket = join(folder.path, 'control.sock')
  const callers: Caller[] = []
  let refreshes = 0
  await using _ = await serveControl(
    {
      peers,
      ownUserId: OWN_ID,
      log: silentLog,
      status: (caller) => {
        callers.push(caller)
        return sampleStatus({ limitedToCaller: !caller.isRoot })
      },
      config: () => [],
      refresh: () => {
        refreshes++
      },
    },
    { socket },
  )
  const script = `const s = require('net').connect(${JSON.stringify(socket)}); let all = ''
    s.on('data', (d) => { all += d; if (all.split('\\n').length === 4) { console.log(all); s.end() } })
    for (const request of ['status', 'config', 'refresh']) s.write(JSON.stringify({ request }) + '\\n')`
  const user = ['--reuid=4242', '--regid=4242', '--clear-groups', process.execPath, '-e', script]
  const child = spawn('/usr/bin/setpriv', user)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  const answers = output
    .trim()
    .split('\n')
    .map((line) => controlResponseReader.readJson(line))
  expect([answers, callers, refreshes]).toEqual([
    [
      { status: sampleStatus({ limitedToCaller: true }) },
      { error: { code: 'NOT_PERMITTED', message: 'config is for administrators only' } },
      { error: { code: 'NOT_PERMITTED', message: 'refresh is for administrators only' } },
    ],
    [{ userId: '4242', isRoot: false }],
    0,
  ])
})
