import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../src/base/clock.ts'
import { builtInCatalogue } from '../src/discovery/catalogue/built-in.ts'
import { agentEntries } from '../src/discovery/catalogue/reported-kind.ts'
import { holdRules } from '../src/discovery/matching/hold-rules.ts'
import { execGate } from '../src/system/enforcement/exec-gate.ts'
import type { HeldProcess } from '../src/system/enforcement/exec-gate-messages.ts'
import { nativeProgram } from '../src/system/native/native-program.ts'
import { HostilePrograms } from '../test/hostile/stops/hostile-programs.ts'
import { CGROUP2 } from '../test/support/processes/test-freezer.ts'
import { type Benchmark, median, quantile, rounded, sizeOf } from './benchmark.ts'
import { compile, runStorm } from './execs.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const STARTS = sizeOf(200, { small: 5 })
const COST_ROUNDS = sizeOf(9, { small: 2 })
const COST_EXECS = sizeOf(300, { small: 30 })
const LOOK_MS = 0.2
/** Nobody here runs programs as this one. */
const NO_USER = 4242

export const execHold: Benchmark = {
  name: 'exec-hold',
  about: 'programs that start while a stop of all agents stands: held ones, and what it costs others',
  unit: 'ms, steps, %',
  limit: 'held p99 20 ms with no step before; cost 30 % of an exec; 50 ms for an agent that no stop selects',
  async run(report) {
    if (CGROUP2 === undefined) throw new Error('holding programs needs root and cgroup version 2')
    using scratch = temporaryBenchFolder()
    using programs = new HostilePrograms()
    const folder = join(CGROUP2, `surety-bench-${process.pid}`)
    mkdirSync(folder)
    const held: HeldProcess[] = []
    const gate = execGate(
      { clock: systemClock },
      {
        program: nativeProgram('surety-exec-gate'),
        root: CGROUP2,
        cgroup: join(folder, 'held'),
        onHeld: (process) => held.push(process),
      },
    )
    try {
      const rules = holdRules(agentEntries(builtInCatalogue()), [{}])
      const agent = programs.copy(
        'counter',
        join(scratch.path, 'node_modules/@openai/codex-linux/vendor/here/bin/codex'),
      )
      await gate.setRules(rules)
      const heldMs: number[] = []
      let steps = 0n
      for (let start = 0; start < STARTS; start++) {
        const { path, living } = programs.shared()
        const child = await waitingShell(agent, path)
        held.length = 0
        const begun = performance.now()
        child.stdin?.end('\n')
        while (held.length === 0 || !gate.isFrozen()) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
        heldMs.push(performance.now() - begun)
        steps += living().count
        for (const { pid } of held) process.kill(pid, 'SIGKILL')
        while (gate.held().length > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      }
      const p99 = quantile(heldMs, 0.99)
      report({
        name: 'exec-held-p99',
        value: rounded(p99),
        unit: 'ms',
        ratio: rounded(p99 / 20),
        against: `limit 20 ms, from the request to exec to the kernel's word; median ${rounded(median(heldMs))} ms; ${STARTS} starts`,
      })
      report({
        name: 'exec-held-steps',
        value: Number(steps),
        unit: 'steps',
        ratio: Number(steps),
        against: `goal 0: what ${STARTS} agents had done before they were frozen`,
      })
      const tools = compile(scratch.path)
      const times = { bare: [] as number[], held: [] as number[] }
      const storm = () => runStorm(tools, { count: COST_EXECS, perSecond: 0, programs: ['/usr/bin/true'] })
      for (let round = 0; round < COST_ROUNDS; round++) {
        await gate.setRules({ ...rules, rules: [] })
        times.bare.push(await storm())
        await gate.setRules(rules)
        times.held.push(await storm())
      }
      const bare = median(times.bare)
      const cost = median(times.held) / bare - 1
      report({
        name: 'exec-hold-cost',
        value: rounded(cost * 100),
        unit: '%',
        ratio: rounded(cost / 0.3),
        against: `limit 30 % of a bare exec of /usr/bin/true, ${rounded(bare / 1000)} µs; medians of ${COST_ROUNDS}`,
      })
      const interpreter = join(scratch.path, 'bin/node')
      copyFileSync(tools.programs[0] ?? '', interpreter)
      const others = holdRules(agentEntries(builtInCatalogue()), [{ uids: [NO_USER] }])
      for (const { name, program, of, about } of [
        {
          name: 'exec-hold-others',
          program: tools.programs[3] ?? '',
          of: others,
          about: 'an agent of a user whom no stop selects',
        },
        {
          name: 'exec-hold-scripts',
          program: interpreter,
          of: rules,
          about: 'an interpreter whose arguments match no rule',
        },
      ]) {
        const took = { bare: [] as number[], passed: [] as number[] }
        const start = () => runStorm(tools, { count: COST_EXECS, perSecond: 0, programs: [program] })
        for (let round = 0; round < COST_ROUNDS; round++) {
          await gate.setRules({ ...rules, rules: [] })
          took.bare.push(await start())
          await gate.setRules(of)
          took.passed.push(await start())
        }
        const addedMs = (median(took.passed) - median(took.bare)) / 1e6
        report({
          name,
          value: rounded(addedMs),
          unit: 'ms',
          ratio: rounded(addedMs / 50),
          against: `limit 50 ms more for ${about}; bare ${rounded(median(took.bare) / 1e6)} ms; medians of ${COST_ROUNDS}`,
        })
      }
    } finally {
      await gate[Symbol.asyncDispose]()
      await removeGroup(folder)
    }
  },
}

/** Programs that were ended leave their group a moment later. */
async function removeGroup(folder: string): Promise<void> {
  const until = performance.now() + 10_000
  while (!readFileSync(join(folder, 'cgroup.events'), 'utf8').includes('populated 0') && performance.now() < until) {
    await delay(20)
  }
  rmdirSync(folder)
}

/** Not our own child: those are never held. It becomes the program when it has read a line. */
async function waitingShell(program: string, shared: string): Promise<ChildProcess> {
  const script = '(read line && exec "$0" "$1") & echo ready; wait'
  const child = spawn(
    '/bin/sh',
    ['-c', `exec 3<&0; ${script.replace('read line', 'read line <&3')}`, program, shared],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )
  await once(child.stdout ?? child, 'data')
  return child
}
