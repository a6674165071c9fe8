import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, constants, copyFileSync } from 'node:fs'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../src/discovery/discovery.ts'
import { trustedFiles } from '../../../src/system/files/foreign/linux.ts'
import { linuxProcessDetails } from '../../../src/system/processes/linux/process-details.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { localUser } from '../../support/users/local-user.ts'

/** Listens on two addresses, as one that somebody opened to a network does. */
const SERVER = `
const { createServer } = require('node:net')
const wide = createServer().listen(0, '0.0.0.0', () => {
  const own = createServer().listen(0, '127.0.0.1', () => console.log(wide.address().port, own.address().port))
})
`

test('on the real kernel, reports a server with its ports, and if others can reach it', async () => {
  using home = fixtureHome()
  home.folder('.local/bin')
  const program = home.at('.local/bin/llama-server')
  copyFileSync(process.execPath, program, constants.COPYFILE_FICLONE)
  chmodSync(program, 0o755)
  const child = spawn(program, ['-e', SERVER, '--', '-m', '/srv/secret/gemma.gguf'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
    const [wide, own] = String(line).trim().split(' ').map(Number)
    const user = localUser({ name: 'me', home: home.path })
    const discovery = createDiscovery(
      {
        processes: linuxProcesses(),
        details: linuxProcessDetails(),
        homes: { readHome: async () => ({ sightings: [], sources: [] }) },
        systemFiles: trustedFiles(),
        users: { list: async () => [user] },
        clock: new FakeClock(),
      },
      { catalogue: builtInCatalogue(), userId: user.id },
    )
    const { sightings } = await discovery.processes({ signal: new AbortController().signal })
    const found = sightings.find((each) => each.kind === 'model-runtime' && each.process?.pid === child.pid)
    expect(found).toMatchObject({
      catalogueId: 'llama.cpp',
      state: 'running',
      models: ['gemma'],
      user: { id: user.id },
    })
    expect(found?.kind === 'model-runtime' && new Set(found.listens)).toEqual(
      new Set([
        { port: wide, loopback: false, address: '0.0.0.0' },
        { port: own, loopback: true, address: '127.0.0.1' },
      ]),
    )
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})
