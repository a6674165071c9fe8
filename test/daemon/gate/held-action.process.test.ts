import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { gateKeeper } from '../../../src/daemon/gate/gate-keeper.ts'
import { GatePolicyKeeper } from '../../../src/daemon/offers/gate-policy-keeper.ts'
import type { Principal } from '../../../src/protocol/noun/permissions.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { deciderFor, ORIGIN } from '../../directory/approvals/approval-fixture.ts'
import { bash, RULES } from '../../gate/asking.ts'
import { GATE_COMMAND } from '../../gate/started-gate.ts'
import { runningDaemon } from '../../support/daemon/running-daemon.ts'
import { runningDirectory } from '../../support/directory/running-directory.ts'
import { endOf, runHook, startHook, whenHookBuilt } from '../../support/processes/hook.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** The hook, the gate, the daemon and the directory together: only the client and its agent are missing. */

const ROOT: Principal = { id: 'adm_root', kind: 'administrator', name: 'root', role: 'administrator' }

async function company() {
  const running = await runningDirectory()
  const folder = temporaryFolder()
  const socket = join(folder.path, 'hooks.sock')
  const gatePolicy = new GatePolicyKeeper({ clock: systemClock, log: silentLog, onReplaced: () => undefined })
  const { services } = running.directory
  services.signIn.setOrigin(ORIGIN)
  await services.gatePolicies.set(RULES, { actor: 'adm_root', reason: 'rules of the test' } as never)
  const daemon = runningDaemon({
    stateFolder: folder.path,
    enrolment: await running.token(),
    components: {
      gatePolicy,
      gate: (parts) =>
        gateKeeper(
          {
            ...parts,
            clock: systemClock,
            log: silentLog,
            startProgram,
            agents: { agentOf: () => 'b'.repeat(32), onScan: () => ({ [Symbol.dispose]() {} }) },
            policy: () => gatePolicy.current(),
          },
          {
            command: GATE_COMMAND,
            socket,
            hooksFolder: join(folder.path, 'hooks'),
            isAlwaysWanted: true,
            withoutGate: 'deny',
          },
        ),
    },
  })
  await daemon.until('complete')
  await waitFor('the policy of the directory', async () => {
    if (!existsSync(socket)) return false
    const { output } = await runHook(['--socket', socket, 'claude-code'], { input: bash('mkfs x') })
    return output.includes('no-disk')
  })
  const olga = async () => {
    const { principal } = await services.principals.add(
      { kind: 'administrator', name: 'olga', role: 'operator', ttlMs: 86_400_000 },
      'adm_root',
    )
    return deciderFor(running.directory as never, { ...ROOT, id: principal.id, name: 'olga', role: 'operator' })
  }
  return {
    services,
    olga,
    ask(command: string) {
      const hook = startHook(['--socket', socket, 'claude-code'])
      hook.stdin.end(bash(command))
      return endOf(hook)
    },
    /** The action that waits, as the directory shows it. */
    waiting: () => waitFor('the request', async () => (await services.approvals.waiting(5))[0]),
    reports: async () => (await running.directory.store.actions.list({})).items,
    async [Symbol.asyncDispose]() {
      await daemon.end()
      await running[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

whenHookBuilt('an action runs once an approver signs it with a passkey, and the record shows it', async () => {
  await using at = await company()
  const answer = at.ask('terraform apply')
  const { id, summary } = await at.waiting()
  expect(summary).toBe('terraform apply')
  const olga = await at.olga()
  const options = await at.services.approvals.options(id, { scope: 'once' }, olga.principal)
  const response = olga.key.show(options as never) as never
  await at.services.approvals.approve(id, { scope: 'once', response }, olga.principal)
  expect(await answer).toEqual({ code: 0, output: '', error: '' })
  const shown = await waitFor('the report', async () => (await at.reports()).find(({ approval }) => approval === id))
  expect(shown).toMatchObject({ decision: 'approved', rules: ['production'], client: 'claude-code' })
  expect(await at.services.approvals.get(id, ROOT)).toMatchObject({ state: 'approved', delivery: 'done' })
})

whenHookBuilt('an action that an approver denies does not run, nor does it after that', async () => {
  await using at = await company()
  const answer = at.ask('terraform destroy')
  const { id } = await at.waiting()
  await at.services.approvals.deny(id, 'code freeze', ROOT)
  expect((await answer).output).toContain('root refused it')
  expect((await at.ask('terraform destroy')).output).toContain('a person has refused it')
  const items = await waitFor('both reports', at.reports, {
    until: (all) => all.filter(({ rules }) => rules.includes('production')).length === 2,
  })
  expect(items.map(({ decision }) => decision).toSorted()).toEqual(expect.arrayContaining(['denied', 'refused']))
})
