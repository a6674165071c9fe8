import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

describe.each([
  ['opencode', '.config/opencode/opencode.json'],
  ['opencode', '.opencode/opencode.jsonc'],
  ['opencode', 'code/opencode.jsonc'],
  ['kilo', '.config/kilo/kilo.jsonc'],
  ['kilo', 'code/.kilo/kilo.jsonc'],
] as const)('%s reports autonomy from %s', (id, path) => {
  const autonomyWith = async (permission: unknown) => {
    using home = fixtureHome()
    home.write('.claude.json', { projects: { [home.at('code')]: {} } })
    home.write(path, { permission })
    const { states } = await scanHome(home, 'installed')
    const state = states?.find(({ catalogueId }) => catalogueId === id)
    const said = state?.projects?.[0]?.autonomy ?? state?.autonomy
    return [said?.level, ...(said?.because ?? []).map(({ name }) => name)]
  }

  test.each<[string, unknown, string[]]>([
    ['asks for all', { '*': 'ask' }, ['asks', 'permission.*=ask']],
    ['asks for every command', { bash: { '*': 'ask' }, edit: 'ask' }, ['asks', 'permission.bash.*=ask']],
    ['may run no command', { bash: { '*': 'deny' } }, ['asks', 'permission.bash.*=deny']],
    [
      'asks for commands, and edits',
      { bash: { '*': 'ask' }, edit: { '*': 'allow' } },
      ['asks', 'permission.bash.*=ask', 'permission.edit.*=allow'],
    ],
    ['asks for nothing', { '*': 'allow' }, ['autonomous', 'permission.*=allow']],
    ['asks for no command', { bash: { '*': 'allow' } }, ['autonomous', 'permission.bash.*=allow']],
    [
      'asks for all but commands',
      { '*': 'ask', bash: 'allow' },
      ['autonomous', 'permission.bash=allow', 'permission.*=ask'],
    ],
    [
      'asks for commands alone',
      { '*': 'allow', bash: { '*': 'ask', 'git *': 'allow' } },
      ['autonomous', 'permission.*=allow', 'permission.bash.*=ask'],
    ],
  ])('%s', async (_, permission, autonomy) => expect(await autonomyWith(permission)).toEqual(autonomy))

  test.each<[string, unknown]>([
    ['what a few commands may', { bash: { 'git *': 'allow', 'rm *': 'ask' } }],
    ['what another tool may', { webfetch: 'allow', read: { '*': 'ask' } }],
    ['a value of another kind', { '*': ['allow'], bash: { '*': { '*': 'allow' } } }],
  ])('%s says nothing of the rest', async (_, permission) => {
    const told = await autonomyWith(permission)
    expect(told.filter((each) => each?.startsWith('permission'))).toEqual([])
  })
})

test.each<[string, unknown, string[]]>([
  ['may run commands', ['view', 'bash'], ['autonomous', 'permissions.allowed_tools.*=bash']],
  ['may only edit', ['edit', 'view'], ['asks', 'asks unless told otherwise', 'permissions.allowed_tools.*=edit']],
  ['may only look', ['view', 'mcp_bash'], ['asks', 'asks unless told otherwise']],
  ['is told so by no list', 'bash', ['asks', 'asks unless told otherwise']],
])('Crush %s without asking', async (_, allowed, autonomy) => {
  using home = fixtureHome()
  home.write('.config/crush/crush.json', { permissions: { allowed_tools: allowed } })
  const { states } = await scanHome(home, 'installed')
  const said = states?.find(({ catalogueId }) => catalogueId === 'crush')?.autonomy
  expect([said?.level, ...(said?.because ?? []).map(({ name }) => name)]).toEqual(autonomy)
})
