import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { AgentPackage, Installed } from './agent-packages.ts'
import { type Laboratory, type LabUser, openLaboratory } from './laboratory.ts'
import { type RealAgent, TOOL_COMMAND } from './real-agents.ts'

export interface StartedAgent {
  readonly agent: RealAgent
  readonly user: LabUser
  /** The shell of its terminal. */
  readonly shellPid: number
  /** Resolves with the pid of the command that its model made it run. @throws when it ends before, with its screen. */
  tool(): Promise<number>
}

/** A laboratory with a user for each of these agents, who has that agent alone. */
export function laboratoryFor(
  agents: readonly RealAgent[],
  installed: ReadonlyMap<AgentPackage['packageName'], Installed>,
): Promise<Laboratory> {
  const users = agents.flatMap(({ name, packageName }) => {
    const found = installed.get(packageName)
    return found === undefined || 'absent' in found ? [] : [{ name, nodeModules: found.nodeModules }]
  })
  return openLaboratory({ command: TOOL_COMMAND, users })
}

export function startAgent(laboratory: Laboratory, agent: RealAgent): StartedAgent {
  const user = laboratory.user(agent.name)
  const model = laboratory.modelOf(user)
  for (const [path, content] of Object.entries(agent.files?.(model, user) ?? {})) laboratory.write(user, path, content)
  const environment = agent.environment?.(model) ?? {}
  if (agent.prepare !== undefined) laboratory.run(user, agent.prepare(model), environment)
  const shellPid = laboratory.open(user, agent.command, environment)
  return {
    ...{ agent, user, shellPid },
    async tool() {
      for (;;) {
        const pids = laboratory.pidsOf(user)
        const tool = pids.find(runsTool)
        if (tool !== undefined) return tool
        if (commandLine(shellPid).startsWith('sleep ')) throw new Error(`${agent.name}: ${laboratory.screen(user)}`)
        await delay(50)
      }
    },
  }
}

function runsTool(pid: number): boolean {
  return commandLine(pid) === TOOL_COMMAND
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
  } catch {
    return '' // has ended
  }
}
