import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { type Caller, serveControl } from '../../../src/daemon/control/control-server.ts'
import { windowsPipe } from '../../../src/system/socket/windows-pipe.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { FakePipeAddon } from '../../system/socket/fake-pipe-addon.ts'

/** What users of Windows may ask, and what administrators may. */

const ANN = 'S-1-5-21-1-2-3-1001'
const user = { userId: ANN, isAdministrator: false }
const administrator = { userId: ANN, isAdministrator: true }
const SYSTEM = { userId: 'S-1-5-18', isAdministrator: true }

async function ask(token: FakePipeAddon['token'], request: string, more: object = {}) {
  using folder = temporaryFolder()
  const addon = new FakePipeAddon(join(folder.path, 'pipe'))
  Object.assign(addon, { client: administrator, token })
  const callers: Caller[] = []
  const removals: object[] = []
  await using _ = await serveControl(
    {
      ...windowsPipe({ addon, openSocket: (descriptor) => addon.openSocket(descriptor) }),
      ownUserId: 'S-1-5-18',
      log: silentLog,
      config: () => [],
      refresh: () => undefined,
      remove: async (act) => {
        removals.push(act)
        return { report: 'kept' }
      },
      status(caller) {
        callers.push(caller)
        return sampleStatus()
      },
    },
    { socket: '\\\\.\\pipe\\surety-test' },
  )
  return { answer: JSON.parse(await addon.say(`${JSON.stringify({ request, ...more })}\n`)), callers, removals }
}

test.each([
  ['an ordinary user, or an administrator who is not elevated', user, false],
  ['an elevated administrator', administrator, true],
  ['LocalSystem', SYSTEM, true],
])('%s: the daemon knows who asks for the status', async (_, token, isRoot) => {
  const { answer, callers } = await ask(token, 'status')
  expect([answer.status, callers]).toEqual([sampleStatus(), [{ userId: token.userId, isRoot }]])
})

test.each(['config', 'refresh'])('%s is for administrators only, and for those who are elevated', async (request) => {
  expect((await ask(user, request)).answer).toMatchObject({ error: { code: 'NOT_PERMITTED' } })
  expect((await ask(1368, request)).answer).toMatchObject({ error: { code: 'NOT_PERMITTED' } })
  expect((await ask(administrator, request)).answer).not.toHaveProperty('error')
})

test("only administrators announce a removal, under the kernel's name, with a reason", async () => {
  const reason = { reason: 'sold' }
  expect(await ask(user, 'remove', reason)).toMatchObject({
    answer: { error: { code: 'NOT_PERMITTED' } },
    removals: [],
  })
  expect(await ask(administrator, 'remove', reason)).toMatchObject({
    answer: { removal: { report: 'kept' } },
    removals: [{ by: ANN, reason: 'sold' }],
  })
})

test.each([{}, { reason: '' }, { reason: 'x'.repeat(501) }, { reason: 1 }, { reason: 'a', by: '0' }])(
  'a removal with %j is refused',
  async (members) => {
    expect(await ask(administrator, 'remove', members)).toMatchObject({
      answer: { error: { code: 'INPUT_MALFORMED' } },
      removals: [],
    })
  },
)
