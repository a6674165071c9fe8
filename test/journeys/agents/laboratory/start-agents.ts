import { readFileSync } from 'node:fs'
import { scaledMs } from '../../../support/machine-speed.ts'
import { waitFor } from '../../../support/wait-for.ts'
import type { LabAgent } from '../real-agents.ts'
import type { AgentPackage, Installed } from './agent-packages.ts'
import type { LabUser } from './lab-users.ts'
import { type Laboratory, type LaboratoryInit, openLaboratory } from './laboratory.ts'
import { commandLineOf } from './owned-processes.ts'

const ASKED_WITHIN_MS = scaledMs(300_000)

export interface StartedAgent {
  readonly agent: LabAgent
  readonly user: LabUser
  /** The shell of its terminal. */
  readonly shellPid: number
  /** Resolves with the pid of the command that its model made it run. @throws with its screen, when it ends before. */
  tool(): Promise<number>
  /** Those that run now. */
  tools(): readonly number[]
  /** Its program, which the terminal's shell started; a service's by its title. */
  program(): number | undefined
  /** Resolves when its program has ended, whatever it leaves behind. */
  ended(): Promise<void>
  /** Every process of its user but for the terminal: all of these are the agent's. */
  pids(): readonly number[]
}

/** A laboratory with a user for each of these agents, who has that agent alone. */
export function laboratoryFor(
  agents: readonly LabAgent[],
  installed: ReadonlyMap<AgentPackage['packageName'], Installed>,
  init: Pick<LaboratoryInit, 'command'> = {},
): Promise<Laboratory> {
  const users = agents.flatMap(({ name, packageName, prefix, isImpatient = false }) => {
    const found = installed.get(packageName)
    if (found === undefined || 'absent' in found) return []
    return [{ name, ...found, prefix, isImpatient }]
  })
  return openLaboratory({ users, ...init })
}

/** Sets it up as its user would, the day before. */
export async function prepareAgent(laboratory: Laboratory, agent: LabAgent): Promise<void> {
  const user = laboratory.user(agent.name)
  const model = laboratory.modelOf(user)
  for (const [path, content] of Object.entries(agent.files?.(model, user) ?? {})) laboratory.write(user, path, content)
  if (agent.prepare !== undefined) await laboratory.run(user, agent.prepare(model))
}

export async function startAgent(laboratory: Laboratory, agent: LabAgent): Promise<StartedAgent> {
  const user = laboratory.user(agent.name)
  const environment = agent.environment?.(laboratory.modelOf(user)) ?? {}
  const shellPid = await laboratory.open(user, agent.command, environment)
  const { service } = agent
  // On a machine that runs other tests it needs minutes to be ready to be asked.
  const asked = service === undefined ? undefined : giveTask(laboratory, user, service)
  asked?.catch(() => undefined) // told by who waits for its tool
  const program = () =>
    laboratory
      .pidsOf(user)
      .find((pid) => (service === undefined ? parentOf(pid) === shellPid : commandLineOf(pid) === service.title))
  const hasEnded = () => (service === undefined ? isOver(shellPid) : program() === undefined)
  return {
    agent,
    user,
    shellPid,
    tools: () => laboratory.toolsOf(user),
    program,
    async ended() {
      await waitFor(`the end of ${agent.name}`, hasEnded, { everyMs: 50, show: () => laboratory.screen(user) })
    },
    pids: () => laboratory.pidsOf(user).filter((pid) => pid !== shellPid && !commandLineOf(pid).startsWith('tmux ')),
    async tool() {
      await asked
      const look = async () => {
        const [tool] = laboratory.toolsOf(user)
        if (tool === undefined && hasEnded()) throw new Error(`${agent.name}: ${await laboratory.screen(user)}`)
        return tool
      }
      const show = () => laboratory.screen(user)
      return await waitFor(`the tool of ${agent.name}`, look, { everyMs: 50, withinMs: 180_000, show })
    },
  }
}

/** @throws with what it has written when it does not take the task. */
async function giveTask(laboratory: Laboratory, user: LabUser, { ask, log }: NonNullable<LabAgent['service']>) {
  try {
    await laboratory.run(user, ask, { withinMs: ASKED_WITHIN_MS })
  } catch (cause) {
    const said = await laboratory.run(user, ['tail', '-n', '30', log])
    throw new Error(`${user.name} takes no task: ${said}`, { cause })
  }
}

/** The shell has nothing more to run. */
function isOver(shellPid: number): boolean {
  return commandLineOf(shellPid).startsWith('sleep ')
}

function parentOf(pid: number): number | undefined {
  try {
    const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return parent === undefined ? undefined : Number(parent)
  } catch {
    return undefined // has ended
  }
}
