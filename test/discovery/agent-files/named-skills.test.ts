import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'agent-files')
  const short = (path: string | undefined) => path?.replace(home.path, '~')
  return {
    skills: sightings.flatMap((each) =>
      each.kind === 'agent-file' ? [`${each.client} ${each.name} ${each.scope} ${short(each.path)}`] : [],
    ),
    faults: sources.flatMap(({ state, path }) => (state === 'parsed' ? [] : [`${state} ${short(path)}`])),
    json: JSON.stringify([sightings, sources]),
  }
}

const USER = '.config/Code/User/settings.json'
const PROJECT = 'code/app/.vscode/settings.json'

test.each<[string, string, unknown, readonly string[]]>([
  ['of the home', USER, { '~/mine': true }, ['vscode a user ~/mine/a/SKILL.md']],
  ['by their whole path', USER, { 'HOME/mine': true }, ['vscode a user ~/mine/a/SKILL.md']],
  ['in a list', USER, ['~/mine', 7, null], ['vscode a user ~/mine/a/SKILL.md']],
  ['of each project', USER, { 'skills-of-ours': true }, ['vscode b user ~/code/app/skills-of-ours/b/SKILL.md']],
  [
    'of one profile',
    '.config/Code/User/profiles/p/settings.json',
    { '~/mine': true },
    ['vscode a user ~/mine/a/SKILL.md'],
  ],
  ['of a server', '.vscode-server/data/Machine/settings.json', { '~/mine': true }, ['vscode a user ~/mine/a/SKILL.md']],
  ['of this project', PROJECT, { './skills-of-ours': true }, ['vscode b project ~/code/app/skills-of-ours/b/SKILL.md']],
  ['of the home, for a project', PROJECT, { '~/mine': true }, ['vscode a project ~/mine/a/SKILL.md']],
  ['switched off', USER, { '~/mine': false }, []],
  ['with a word for a switch', USER, { '~/mine': 'yes' }, []],
  ['above the project', PROJECT, { '../../mine': true }, []],
  ['that climb out of the home', USER, { '~/../../etc': true }, []],
  ['of the machine', USER, { '/usr/share/skills': true }, []],
  ['with a star', USER, { '~/mi*': true }, []],
  ['that are no folders', USER, '~/mine', []],
  ['not there', USER, { '~/absent': true }, []],
])('folders of skills that settings of VS Code name: %s', async (_, path, value, skills) => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('code/app')]: {} } })
  home.write('mine/a/SKILL.md', 'canary')
  home.write('mine/b/other.md', 'text')
  home.write('code/app/skills-of-ours/b/SKILL.md', 'canary')
  home.write(path, JSON.stringify({ 'chat.agentSkillsLocations': value }).replaceAll('HOME', home.path))
  const found = await look(home)
  expect([found.skills, found.faults, found.json.includes('canary')]).toEqual([skills, [], false])
})

test('reports too many named folders, and follows no link among the skills', async () => {
  using home = fixtureHome()
  home.write('elsewhere/SKILL.md', 'text')
  home.link('mine/linked', home.at('elsewhere'))
  const folders = Array.from({ length: 20 }, (_, at) => (at === 0 ? '~/mine' : `~/f${at}`))
  home.write('f16/x/SKILL.md', 'text')
  home.write(USER, { 'chat.agentSkillsLocations': folders })
  const { skills, faults } = await look(home)
  expect([skills, faults]).toEqual([[], [`too-large ~/${USER}`, 'unreadable ~/mine/linked']])
})
