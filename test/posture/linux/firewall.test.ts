import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusedRight } from '../../../src/base/refused-right.ts'
import { checkFirewall } from '../../../src/posture/linux/network/firewall.ts'
import { context, machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const rules = (name: string) => ({
  nft: { stdout: readFileSync(join(import.meta.dirname, '../../fixtures/nft', `${name}.txt`), 'utf8') },
})
const WITH_IPV6: Tree = { '/proc/net/if_inet6': 'fe80000000000000 02 40 20 80 eth0\n' }

test.each([
  ['ufw-enabled', 'Incoming connections are dropped unless a rule lets them in (ufw).'],
  ['firewalld-public', 'Incoming connections are dropped unless a rule lets them in (firewalld).'],
  ['policy-drop', 'Incoming connections are dropped unless a rule lets them in (nftables).'],
])('%s is a firewall', async (name, detail) => {
  expect(await checkFirewall(machine(WITH_IPV6, rules(name)), context)).toEqual({ state: 'pass', detail })
})

test.each([
  ['empty', 'No firewall: no rule filters incoming connections.'],
  ['output-drop', 'No firewall: no rule filters incoming connections.'],
  ['counting-only', 'The firewall lets in whatever no rule names: no rule drops the rest.'],
  ['drops-some-ports', 'The firewall lets in whatever no rule names: no rule drops the rest.'],
  ['firewalld-trusted', 'The firewall lets in whatever no rule names: no rule drops the rest.'],
  ['ipv4-only', 'The firewall does not cover IPv6: connections over it come in freely.'],
])('%s is none', async (name, detail) => {
  expect(await checkFirewall(machine(WITH_IPV6, rules(name)), context)).toEqual({ state: 'fail', detail })
})

test.each<[string, Tree]>([
  ['switched off', { '/proc/net/if_inet6': '' }],
  ['on the loopback alone', { '/proc/net/if_inet6': '00000000000000000000000000000001 01 80 10 80       lo\n' }],
])('IPv4 is enough where IPv6 is %s', async (_, tree) => {
  expect((await checkFirewall(machine(tree, rules('ipv4-only')), context)).state).toBe('pass')
})

test('reports ufw that is configured and not loaded', async () => {
  const tree = { '/etc/ufw/ufw.conf': '# comment\nENABLED=yes\nLOGLEVEL=low\n' }
  expect(await checkFirewall(machine(tree, rules('empty')), context)).toEqual({
    state: 'fail',
    detail:
      'No firewall: no rule filters incoming connections. ufw is configured to be on, but its rules are not seen.',
  })
})

const DENIED = refusedRight('read the firewall rules', 'CAP_NET_ADMIN', process.geteuid?.())

test.each<[string, Tree, Parameters<typeof machine>[1], string]>([
  ['not root', {}, { nft: { exitCode: 1, stderr: 'Operation not permitted (you must be root)\n' } }, DENIED],
  ['nft failing otherwise', {}, { nft: { exitCode: 1, stderr: 'what?' } }, 'exit 1'],
  ['nft not installed', {}, {}, 'nft is not installed'],
  ['an answer that is no JSON', {}, { nft: { stdout: 'table inet filter {' } }, 'not understood'],
  ['JSON of something else', {}, { nft: { stdout: '{"nftables":[]}' } }, 'not understood'],
  ['rules of the old iptables', { '/proc/net/ip_tables_names': 'nat\nfilter\n' }, rules('empty'), 'old iptables'],
])('%s: unknown', async (_, tree, commands, words) => {
  expect(await checkFirewall(machine(tree, commands), context)).toEqual({
    state: 'unknown',
    reason: expect.stringContaining(words),
  })
})
