import type { StopSelector } from '../../../src/protocol/stop.ts'
import { evadedDevice, evadingAgent } from '../../support/daemon/evaded-device.ts'
import { stopOf } from '../../support/daemon/test-enforcement.ts'
import { CGROUP2 } from '../../support/processes/test-freezer.ts'

const asRoot = CGROUP2 === undefined ? describe.skip : describe

/** Until its file is removed. `$0` is the file that it writes to. */
const WORK = 'while [ -e "$0" ]; do echo >> "$0"; done'
const OF_USER: StopSelector = { select: 'user', user: 'eve' }
const OF_MATCH: StopSelector = { select: 'match', products: ['claude-code'], users: ['eve'] }

asRoot('what an agent left running', () => {
  // `$2` is the file, behind the arguments that `evadingAgent` adds.
  test.each([
    ['with setsid', `setsid /bin/sh -c '${WORK}' "$2" &`, OF_USER],
    ['with nohup, in its own session', `nohup /bin/sh -c '${WORK}' "$2" > /dev/null &`, OF_USER],
    ['with two forks', `(setsid /bin/sh -c '${WORK}' "$2" &);`, OF_MATCH],
    [
      'by a tool in a session of its own, in another one',
      `setsid /bin/sh -c 'setsid /bin/sh -c "$1" "$0" &' "$2" '${WORK}' &`,
      OF_USER,
    ],
  ])('%s is a part of the ended agent, and a stop holds it', async (_, start, selector) => {
    await using device = await evadedDevice({ events: true })
    await device.scan()
    const agent = await evadingAgent(device, [device.claude, '-c', `${start} while :; do sleep 1; done`])
    await device.scan()
    const ofEve = () => device.discovery.runningAgents.list().filter(({ user }) => user?.id === device.eve.id)
    const [before] = ofEve()
    await agent[Symbol.asyncDispose]()
    await agent.works()
    await device.scan()
    expect(ofEve()).toMatchObject([{ id: before?.id, catalogueId: 'claude-code' }])
    const { receipt, code } = await device.enforcement.stop(stopOf({ selector }))
    expect([code, receipt.agents.map((one) => one.agent)]).toEqual([undefined, [before?.id]])
    expect(await agent.hasWorked()).toBe(false)
    await device.enforcement.release(device.enforcement.stops.map(({ id }) => id))
    await agent.works()
  })
})
