import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { FREEZER_CHECKS } from '../../contracts/freezer.checks.ts'
import { countingAgent } from '../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName, testFreezer } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const METHODS = [
  ['cgroup2', []],
  ['cgroup1', ['cgroup2']],
  ['signals', ['cgroup2', 'cgroup1']],
] as const

describe.each(METHODS)('the freezer with %s keeps the contract', (_, without) => {
  const asRoot = CGROUP2 === undefined ? test.skip : test
  asRoot.each(FREEZER_CHECKS)('$name', async ({ run }) => {
    using folder = temporaryFolder()
    const name = freezerName()
    let count = 0
    await run({
      open: () => testFreezer({ name, without }),
      table: linuxProcesses(),
      async startAgent() {
        const agent = await countingAgent(folder.path, `agent-${++count}`)
        const { pid, startTicks, goesOn } = agent
        return {
          pid,
          startTicks,
          goesOn,
          runs: () => agent.writes(),
          [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
        }
      },
    })
  })
})
