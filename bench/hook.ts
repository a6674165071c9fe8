import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { GATE_FLAGS } from '../src/gate/gate-flags.ts'
import type { FromDaemon } from '../src/gate/gate-messages.ts'
import { DEFAULT_GATE_TEXT } from '../src/gate-policy/default-gate-policy.ts'
import { type Benchmark, median, quantile, rounded, sizeOf, timesMs } from './benchmark.ts'
import { buildBundle } from './directory-server.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const HOOK = resolve(import.meta.dirname, '../native/build/surety-hook')
const GATE = resolve(import.meta.dirname, '../dist/suretyd/gate.mjs')
const STARTS = sizeOf(1_000, { small: 5 })
const POLICIES = 1_000
const [P50_MS, P99_MS] = [5, 15]
const DOCUMENT = JSON.stringify({
  session_id: 's',
  transcript_path: '/home/ada/.claude/t.jsonl',
  cwd: '/home/ada/project',
  permission_mode: 'default',
  hook_event_name: 'PreToolUse',
  tool_name: 'Bash',
  tool_input: { command: 'npm test -- --runInBand && git status' },
  tool_use_id: 't',
})

export const hook: Benchmark = {
  name: 'hook',
  about: 'what a tool call of an agent waits for: the start of the hook and the answer of the gate',
  unit: 'ms',
  limit: `p50 ${P50_MS} ms, p99 ${P99_MS} ms with ${POLICIES} policies, on an idle machine`,
  async run(report) {
    buildBundle('suretyd')
    using folder = temporaryBenchFolder()
    const socket = join(folder.path, 'hooks.sock')
    const gate = spawn(process.execPath, [...GATE_FLAGS, GATE, socket], { stdio: ['pipe', 'ignore', 'inherit'] })
    const ended = once(gate, 'exit')
    try {
      const others = Array.from(
        { length: POLICIES },
        (_, at) =>
          `@id("more${at}") forbid (principal, action == Action::"mcp", resource) when { context.tool == "t${at}" };`,
      )
      for (const [name, text] of [
        ['default policy', DEFAULT_GATE_TEXT],
        [`${POLICIES} policies`, [DEFAULT_GATE_TEXT, ...others].join('\n')],
      ] as const) {
        const policy: FromDaemon = { kind: 'policy', version: 1, text }
        gate.stdin.write(`${JSON.stringify(policy)}\n`)
        while (!existsSync(socket)) await delay(10)
        // The gate reads a policy in a thread, and answers by the one before until then.
        await delay(sizeOf(3_000, { small: 500 }))
        const times = await timesMs(STARTS, () => start([HOOK, '--socket', socket, 'claude-code']))
        const bare = await timesMs(STARTS, () => start(['/bin/true']))
        const node = await timesMs(sizeOf(50, { small: 1 }), () => start([process.execPath, '-e', '0']))
        const beside = `/bin/true ${rounded(median(bare))} ms, a hook in Node without an answer ${rounded(median(node))} ms`
        report({
          name: `hook-start, ${name}`,
          value: rounded(median(times)),
          unit: 'ms p50',
          ratio: rounded(median(times) / P50_MS),
          against: `limit ${P50_MS} ms; ${beside}`,
        })
        report({
          name: `hook-start p99, ${name}`,
          value: rounded(quantile(times, 0.99)),
          unit: 'ms p99',
          ratio: rounded(quantile(times, 0.99) / P99_MS),
          against: `limit ${P99_MS} ms; /bin/true ${rounded(quantile(bare, 0.99))} ms`,
        })
      }
    } finally {
      gate.stdin.end()
      await ended
    }
  },
}

function start([program = '', ...args]: readonly string[]): void {
  const { status, stdout } = spawnSync(program, args, { input: DOCUMENT })
  if (status !== 0 || stdout.length > 0) throw new Error(`${program} did not allow: ${stdout.toString()}`)
}
