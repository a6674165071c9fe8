/** Runs in a network namespace of its own: `unshare -n node cut-in-namespace.ts PROGRAM SHARED SHARED`. Prints what was seen. */
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { networkCut } from '../../../src/system/enforcement/network-cut.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'

const [, , program = '', ...shared] = process.argv

execFileSync('/usr/sbin/ip', ['link', 'set', 'lo', 'up'])
const server = createServer((socket) => socket.pipe(socket).on('error', () => undefined))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
const port = typeof address === 'object' && address !== null ? address.port : 0

const table = linuxProcesses({ addon: undefined })
const children = shared.map((path) => spawn(program, [path, String(port)], { stdio: 'inherit' }))
const [victim, bystander] = children.map(({ pid = 0 }, at) => ({
  identity: { pid, startTicks: table.entry(pid)?.startTicks ?? 0 },
  count: () => readFileSync(shared[at] ?? '').readBigUInt64LE(0),
}))
if (victim === undefined || bystander === undefined) throw new Error('two shared files are needed')

type Holder = typeof victim

/** Waits until it has gone on. */
async function goesOn({ count }: Holder, steps = 20n): Promise<true> {
  const before = count()
  while (count() < before + steps) await delay(5)
  return true
}

/** Whether it stands still while the other goes on. */
async function standsStill(held: Holder, other: Holder): Promise<boolean> {
  // What was under way when the rules came has arrived by then.
  await goesOn(other, 50n)
  const before = held.count()
  await goesOn(other, 100n)
  return held.count() === before
}

const cut = networkCut()
await goesOn(victim)
await goesOn(bystander)
const cutResult = await cut.cut([victim.identity])
const stood = await standsStill(victim, bystander)
const again = await cut.cut([victim.identity])
const rules = execFileSync('/usr/sbin/nft', ['list', 'ruleset'], { encoding: 'utf8' })
await cut.restore([victim.identity])
const wentOn = await goesOn(victim)
// What flushes all rules takes ours along: the next cut brings them back.
await cut.cut([victim.identity])
execFileSync('/usr/sbin/nft', ['flush', 'ruleset'])
await goesOn(victim)
await cut.cut([victim.identity])
const stoodAgain = await standsStill(victim, bystander)
await cut.restore([victim.identity])
await cut.remove()
await cut.remove()
const left = execFileSync('/usr/sbin/nft', ['list', 'ruleset'], { encoding: 'utf8' })
await goesOn(victim)
const wrongStart = await cut.cut([{ ...victim.identity, startTicks: victim.identity.startTicks + 1 }])
await cut.remove()
const running = children.map(({ exitCode }) => exitCode)
for (const child of children) child.kill('SIGKILL')
server.close()
process.stdout.write(JSON.stringify({ cutResult, again, stood, wentOn, stoodAgain, rules, left, wrongStart, running }))
