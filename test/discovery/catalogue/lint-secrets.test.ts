import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { lintCatalogue } from '../../../src/discovery/catalogue/lint.ts'
import { file, one } from '../small-catalogue.ts'

test.each<[string, Catalogue, string]>([
  [
    'values of a flag that takes a secret',
    one({ flags: [{ flag: '--password', values: ['letmein'], meaning: 'autonomy' }] }),
    'one: values of flag --password may be a secret',
  ],
  [
    'a setting that holds a secret',
    one({ settings: [{ path: '~/.x/s.json', key: ['apiKey'], noted: ['a'] }] }),
    'one: setting apiKey may hold a secret',
  ],
  [
    'a token as the name of an account',
    one({ accounts: [{ path: '~/.x/a.json', key: ['access_token'] }] }),
    'one: account at access_token may be a secret',
  ],
  [
    'a session named by a secret',
    one({ environment: [{ name: 'X_ACCESS_TOKEN', session: true }] }),
    'variable X_ACCESS_TOKEN may hold a secret',
  ],
  [
    'a variable that holds a key',
    { ...one({}), endpointVariables: ['OPENAI_API_KEY'] },
    'variable OPENAI_API_KEY may hold a secret',
  ],
  [
    'a word as long as what people write',
    one({ flags: [{ flag: 'abcdefghijklmnopqrst', meaning: 'unattended' }] }),
    'one: abcdefghijklmnopqrst is no word of a command line',
  ],
  ['a key of ssh', file('~/.ssh/config'), 'one: ~/.ssh/config holds secrets of others'],
  ['credentials of a cloud', file('~/.aws/credentials'), 'one: ~/.aws/credentials holds secrets of others'],
  [
    'what browsers keep',
    file('~/.config/google-chrome/Default/Cookies'),
    'one: ~/.config/google-chrome/Default/Cookies holds secrets of others',
  ],
  ['passwords of the system', file('/etc/shadow'), 'one: /etc/shadow holds secrets of others'],
  [
    'the same as a policy',
    one({ managedSettings: [{ path: '/etc/shadow' }] }),
    'one: /etc/shadow holds secrets of others',
  ],
  [
    'the same as switches of plugins',
    one({ pluginSwitches: [{ path: '/etc/shadow', key: [], form: 'map' }] }),
    'one: /etc/shadow holds secrets of others',
  ],
  [
    'the same as switches of servers',
    one({ serverSwitches: [{ path: '/etc/shadow', key: [] }] }),
    'one: /etc/shadow holds secrets of others',
  ],
  [
    'the same as who is trusted with servers',
    one({
      mcp: [{ path: './x', key: [], scope: 'project', trusted: { path: '/etc/shadow', key: ['.'], is: 'yes' } }],
    }),
    'one: /etc/shadow holds secrets of others',
  ],
  [
    'the same as who is trusted',
    one({
      serverSwitches: [{ path: './x.json', key: [], trusted: { path: '/etc/shadow', key: ['.'], is: 'yes' } }],
    }),
    'one: /etc/shadow holds secrets of others',
  ],
  [
    'the same as a record of plugins',
    one({ pluginRecords: [{ path: '~/.ssh/config', key: [], folder: 'x' }] }),
    'one: ~/.ssh/config holds secrets of others',
  ],
  [
    'the same as the link of a plugin',
    one({ plugins: [{ path: '~/.ssh/*', id: '$1', link: 'x.json' }] }),
    'one: ~/.ssh/*/x.json holds secrets of others',
  ],
  ['what the kernel tells of processes', file('/proc/1/environ'), 'one: /proc/1/environ holds secrets of others'],
  ['our own state', file('/var/lib/surety/device.json'), 'one: /var/lib/surety/device.json holds secrets of others'],
  ...[
    ...['~/.docker/conf*.json', '~/.aws/c*', '~/.aws/*', '~/.config/google-*/Default/Cookies', '~/.config/*/x/Cookies'],
    ...['/etc/s*', '/etc/*', '/var/*/surety/device.json', '/var/t*/x', '/tmp/x/policy.json', '/var/tmp/policy.json'],
  ].map((path): [string, Catalogue, string] => [`by ${path}`, file(path), `one: ${path} holds secrets of others`]),
  ['the variables of a project', file('./.env'), 'one: ./.env holds secrets of others'],
])('lint finds what could leak: %s', (_, catalogue, fault) => expect(lintCatalogue(catalogue)).toContain(fault))
