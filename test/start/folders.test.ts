import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { prepareFolders } from '../../src/start/session.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

async function socketsOf(data: string): Promise<[control: string, ownFolder: string]> {
  const { controlSocket, sockets } = await prepareFolders(data)
  rmSync(sockets, { recursive: true })
  return [controlSocket, sockets]
}

test('the socket to ask the daemon at is the same at each start, so that a command that was kept still works', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  expect([(await socketsOf(data))[0], (await socketsOf(data))[0]]).toEqual([
    join(data, 'control.sock'),
    join(data, 'control.sock'),
  ])
})

test('below a path that is too long for a socket it has a short one', async () => {
  using folder = temporaryFolder()
  const [control, sockets] = await socketsOf(join(folder.path, 'd'.repeat(100)))
  expect(control).toBe(join(sockets, 'control.sock'))
})
