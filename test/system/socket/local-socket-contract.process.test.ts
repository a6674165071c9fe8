import { join } from 'node:path'
import { connectToUnixSocket, listenOnUnixSocket } from '../../../src/system/socket/unix-socket.ts'
import { LOCAL_SOCKET_CHECKS } from '../../contracts/local-socket.checks.ts'
import { OWN_ID } from '../../support/homes/local-user.ts'
import { addon, peers } from '../../support/peers.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** The contract on the Unix socket of this machine. */
const withAddon = addon === undefined ? describe.skip : describe

withAddon('the local socket of Linux keeps its contract', () => {
  test.each(LOCAL_SOCKET_CHECKS)('$name', async ({ run }) => {
    using folder = temporaryFolder()
    let count = 0
    await run({
      freePath: () => join(folder.path, `${++count}.sock`),
      ...{ listen: listenOnUnixSocket, connect: connectToUnixSocket, peers, ownUserId: OWN_ID, refusesSecond: true },
    })
  })
})
