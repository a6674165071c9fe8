import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { loadAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { HostilePrograms } from '../../hostile/stops/hostile-programs.ts'
import { asRoot } from '../../support/users/other-user.ts'
import { waitFor } from '../../support/wait-for.ts'

const NFT = existsSync('/usr/sbin/nft') && existsSync('/usr/sbin/ip')
if (!NFT) process.stderr.write('skipped: cutting the network needs nft and ip\n')
const whenNft = NFT ? asRoot('cutting the network') : test.skip
const MODULE = join(import.meta.dirname, '../../../src/system/enforcement/network-cut.ts')
const RULES = `table inet surety {
	chain output {
		type filter hook output priority -350; policy accept;
		meta mark & 0x10000000 != 0x00000000 drop
	}

	chain input {
		type filter hook input priority -350; policy accept;
		socket mark & 0x10000000 != 0x00000000 drop
	}
}
`
const table = linuxProcesses({ addon: undefined })

let programs: HostilePrograms
beforeAll(() => {
  programs = new HostilePrograms()
})
afterAll(() => programs[Symbol.dispose]())

whenNft('the sockets of one process are cut and given back, and nothing else is touched', () => {
  const script = join(import.meta.dirname, 'cut-in-namespace.ts')
  const shared = [programs.shared().path, programs.shared().path]
  const args = ['-n', process.execPath, script, programs.path('holder'), ...shared]
  const seen = JSON.parse(execFileSync('unshare', args, { encoding: 'utf8' }))
  expect(seen).toEqual({
    cutResult: { network: 'cut', sockets: 1 },
    again: { network: 'cut', sockets: 1 },
    stood: true,
    wentOn: true,
    stoodAgain: true,
    rules: RULES,
    left: '',
    // Another process has its pid by now: nothing of it is cut.
    wrongStart: { network: 'cut', sockets: 0 },
    running: [null, null],
  })
})

whenNft('without the right to change the packet filter the network is said to be open', () => {
  const script = `import { networkCut } from ${JSON.stringify(MODULE)}
    console.log(JSON.stringify(await networkCut().cut([])))
    await networkCut().remove().catch(({ code }) => console.log(code))`
  const args = ['--bounding-set', '-net_admin', process.execPath, '--input-type=module-typescript', '-e', script]
  expect(execFileSync('setpriv', args, { encoding: 'utf8' }).trim().split('\n')).toEqual([
    '{"network":"open","reason":"the kernel refused: Operation not permitted"}',
    'NOT_SUPPORTED',
  ])
})

whenNft('sockets in another network namespace are said to be open', async () => {
  const { markSockets } = loadAddon<{ markSockets(...args: readonly unknown[]): number }>(['markSockets'])
  const script = 'require("node:dgram").createSocket("udp4").bind(0, () => console.log("bound"))'
  const child = spawn('unshare', ['-n', process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let printed = ''
    child.stdout.on('data', (bytes) => {
      printed += bytes
    })
    await waitFor('its socket', () => printed.includes('bound'))
    const pid = child.pid ?? 0
    const counts = new Int32Array(3)
    expect(markSockets(pid, table.entry(pid)?.startTicks, 0, true, 0, counts)).toBe(-1)
    expect([...counts]).toEqual([0, 0, 1])
  } finally {
    child.kill('SIGKILL')
  }
})

whenNft('a process with very many descriptors is read in parts', async () => {
  const { markSockets } = loadAddon<{ markSockets(...args: readonly unknown[]): number }>(['markSockets'])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const files = Array.from({ length: 1_500 }, () => openSync('/dev/null', 'r'))
  try {
    const counts = new Int32Array(3)
    const calls: number[] = []
    // No bit: nothing is changed.
    for (let from = 0; from >= 0; calls.push(from)) {
      from = markSockets(process.pid, table.entry(process.pid)?.startTicks, 0, true, from, counts)
    }
    expect(calls.length).toBeGreaterThanOrEqual(3)
    expect(calls.at(-1)).toBe(-1)
    expect(counts[0]).toBe(1)
  } finally {
    for (const file of files) closeSync(file)
    await new Promise((resolve) => server.close(resolve))
  }
})

whenNft('a process that has ended has no sockets', () => {
  const { markSockets } = loadAddon<{ markSockets(...args: readonly unknown[]): number }>(['markSockets'])
  expect(markSockets(2 ** 22 + 1, 1, 0, true, 0, new Int32Array(3))).toBe(-2)
  expect(() => markSockets(process.pid, 1, 0, true, 0, new Int32Array(2))).toThrow('expected a process')
  expect(() => markSockets(0, 1, 0, true, 0, new Int32Array(3))).toThrow('expected a process')
})
