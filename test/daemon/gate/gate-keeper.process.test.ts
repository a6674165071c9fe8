import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { type GateKeeperInit, gateKeeper } from '../../../src/daemon/gate/gate-keeper.ts'
import type { ActionReport, ApprovalRequest } from '../../../src/protocol/gate/action.ts'
import type { Order } from '../../../src/protocol/messages/order.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { bash, DEVICE, decisionOf, RULES } from '../../gate/asking.ts'
import { GATE_COMMAND } from '../../gate/started-gate.ts'
import { endOf, runHook, startHook, whenHookBuilt } from '../../support/processes/hook.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const AGENT = 'a'.repeat(32)

/** A keeper as the daemon has it, and what is around it. */
function keeperWith(init: Partial<GateKeeperInit> = {}) {
  const folder = temporaryFolder()
  const hooks = join(folder.path, 'hooks')
  const socket = join(folder.path, 'hooks.sock')
  const reported: ActionReport[] = []
  const requested: ApprovalRequest[] = []
  const warnings = new Set<string>()
  const scans = new Set<() => void>()
  const agents = new Map<number, string>()
  const started: number[] = []
  const given: { policy?: { version: number; text: string }; view: { connected: boolean } } = {
    view: { connected: false },
  }
  const keeper = gateKeeper(
    {
      clock: systemClock,
      log: silentLog,
      health: { raise: (code) => warnings.add(code), clear: (code) => warnings.delete(code) },
      async startProgram(program) {
        const running = await startProgram(program)
        started.push(running.pid)
        return running
      },
      agents: {
        agentOf: (processes) => processes.map(({ pid }) => agents.get(pid)).find((one) => one !== undefined),
        onScan(listener) {
          scans.add(listener)
          return { [Symbol.dispose]: () => scans.delete(listener) }
        },
      },
      policy: () => given.policy,
      state: { identity: { device: DEVICE } as never },
      streamStatus: given as never,
      evidence: {
        reportAction: (report) => reported.push(report),
        reportApprovalRequest: (request) => requested.push(request),
      },
    },
    { command: GATE_COMMAND, socket, hooksFolder: hooks, isAlwaysWanted: false, withoutGate: 'deny', ...init },
  )
  const over = new AbortController()
  const running = keeper.run({ signal: over.signal }).catch(() => undefined)
  return {
    keeper,
    socket,
    given,
    agents,
    started,
    reported,
    requested,
    warnings,
    absence: join(folder.path, 'hooks-without-gate'),
    scan() {
      for (const listener of scans) listener()
    },
    install() {
      mkdirSync(hooks, { recursive: true })
      writeFileSync(join(hooks, 'claude-code.json'), '')
    },
    uninstall: () => rmSync(hooks, { recursive: true }),
    ask: (command: string) => runHook(['--socket', socket, 'claude-code'], { input: bash(command) }),
    served: () => waitFor('a gate', () => existsSync(socket)),
    async [Symbol.asyncDispose]() {
      over.abort(new Error('the test is over'))
      await running
      folder[Symbol.dispose]()
    },
  }
}

whenHookBuilt('a gate runs while hooks are installed', async () => {
  await using kept = keeperWith()
  expect(existsSync(kept.socket)).toBe(false)
  kept.install()
  await kept.served()
  expect((await kept.ask('ls')).output).toBe('')
  kept.uninstall()
  await waitFor('its end', () => !existsSync(kept.socket))
  expect([...kept.warnings]).toEqual([])
})

whenHookBuilt('a gate that is killed is started again, and is a warning until then', async () => {
  await using kept = keeperWith({ isAlwaysWanted: true })
  await kept.served()
  for (const pid of kept.started) process.kill(pid, 'SIGKILL')
  await waitFor('the warning', () => kept.warnings.has('GATE_ENDED'))
  expect((await kept.ask('ls')).output).toContain('"permissionDecision":"deny"')
  await waitFor('another gate', () => !kept.warnings.has('GATE_ENDED'))
  expect((await kept.ask('ls')).output).toBe('')
})

whenHookBuilt('a policy of the directory is used, and one that is refused is a warning', async () => {
  await using kept = keeperWith({ isAlwaysWanted: true })
  await kept.served()
  kept.given.policy = { version: 1, text: 'no policy' }
  await waitFor('the warning', () => kept.warnings.has('GATE_POLICY_REFUSED'))
  kept.given.policy = { version: 2, text: RULES }
  await waitFor('the policy', () => !kept.warnings.has('GATE_POLICY_REFUSED'))
  expect((await kept.ask('mkfs /dev/sda')).output).toContain('no-disk')
})

whenHookBuilt('an action is reported with its agent, also one that a scan finds later', async () => {
  await using kept = keeperWith({ isAlwaysWanted: true })
  await kept.served()
  kept.agents.set(process.pid, AGENT)
  await kept.ask('ls')
  await waitFor('a report', () => kept.reported.length === 1)
  kept.agents.clear()
  await kept.ask('ls -l')
  kept.scan()
  kept.agents.set(process.pid, AGENT)
  await waitFor('the second', () => {
    kept.scan()
    return kept.reported.length === 2
  })
  expect(kept.reported).toMatchObject([{ agent: AGENT }, { agent: AGENT }])
})

whenHookBuilt('what a person decides reaches the hook that waits', async () => {
  await using kept = keeperWith({ isAlwaysWanted: true })
  kept.given.policy = { version: 1, text: RULES }
  kept.given.view.connected = true
  kept.agents.set(process.pid, AGENT)
  await kept.served()
  // The gate is told of the directory after it is told of the policy.
  const hook = await waitFor('an action that waits', async () => {
    const started = startHook(['--socket', kept.socket, 'claude-code'])
    started.stdin.end(bash('terraform apply'))
    await waitFor('a request or an answer', () => kept.requested.length > 0 || started.exitCode !== null)
    return kept.requested.length > 0 && started
  })
  const ended = endOf(hook)
  const [request] = kept.requested
  if (request === undefined) throw new Error('nothing waits')
  await kept.keeper.decided(orderWith(decisionOf(request, 'approved')))
  expect(await ended).toEqual({ code: 0, output: '', error: '' })
  await waitFor('the report', () => kept.reported.at(-1)?.decision === 'approved')
})

whenHookBuilt('hooks let agents act without a gate where the settings allow it', async () => {
  await using kept = keeperWith({ withoutGate: 'allow' })
  kept.install()
  await waitFor('the file', () => existsSync(kept.absence))
  kept.uninstall()
  await waitFor('the end of the gate', () => !existsSync(kept.socket))
  expect((await kept.ask('mkfs /dev/sda')).output).toBe('')
})

test('an order is refused while no gate runs, and one that decides nothing', async () => {
  await using kept = keeperWith()
  const decision = {
    approval: 'apr_AAAAAAAAAAAAAAAAAAAAAA',
    hash: 'A'.repeat(43),
    outcome: 'denied',
    by: 'Grace',
  } as const
  for (const order of [orderWith(decision), orderWith(undefined)]) {
    await expect(kept.keeper.decided(order)).rejects.toMatchObject({ code: 'ORDER_REFUSED' })
  }
})

function orderWith(approval: Order['approval']): Order {
  return {
    type: 'order',
    id: 'ord_AAAAAAAAAAAAAAAAAAAAAA',
    device: DEVICE,
    epoch: 1,
    number: 1,
    kind: 'approval',
    ...(approval === undefined ? {} : { approval }),
    reason: 'tried',
    notAfter: Date.UTC(2030, 0),
  }
}
