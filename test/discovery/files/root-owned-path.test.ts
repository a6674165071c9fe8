import { rootsAlone } from '../../../src/discovery/files/root-owned-path.ts'
import type { FileStat } from '../../../src/system/files/files.ts'
import { FakeFileReader, type FakeNode } from '../../support/fake-file-reader.ts'

/** All is root's, and closed to others, but for what is said. */
async function placeOf(
  path: string,
  nodes: Readonly<Record<string, FakeNode>>,
  others: Readonly<Record<string, Partial<FileStat>>> = {},
) {
  const { trusted } = new FakeFileReader(nodes)
  const stat = async (place: string) => {
    const found = await trusted.stat(place)
    return found === undefined ? undefined : { ...found, owner: '0', mode: 0o100_755, ...others[place] }
  }
  return await rootsAlone({ ...trusted, stat }, path)
}

const SHADOW = { '/etc/shadow': 'secret' }
const HOOK = '/opt/guard/check.sh'
const LINK = { ...SHADOW, [HOOK]: { link: '/etc/shadow' } }

test('a file of root, and where a link of root leads, may be read there', async () => {
  expect(await placeOf(HOOK, { [HOOK]: 'x' })).toBe(HOOK)
  expect(await placeOf(HOOK, LINK)).toBe('/etc/shadow')
})

test.each<[string, Parameters<typeof placeOf>[1], Parameters<typeof placeOf>[2]]>([
  ['a link in a folder of somebody else, though it leads to a file of root', LINK, { '/opt/guard': { owner: '1000' } }],
  ['a link in a folder that its group may write to', LINK, { '/opt/guard': { mode: 0o40_775 } }],
  ['a link below a folder that all may write to', LINK, { '/opt': { mode: 0o40_777 } }],
  ['a file of somebody else', { [HOOK]: 'x' }, { [HOOK]: { owner: '1000' } }],
  ['a file that its group may write to', { [HOOK]: 'x' }, { [HOOK]: { mode: 0o100_664 } }],
  ['a link of root to a file in a folder of somebody else', LINK, { '/etc': { owner: '1000' } }],
  ['a file that all may write to, in a sticky folder', LINK, { '/etc/shadow': { mode: 0o101_666 } }],
])('%s is not read', async (_, nodes, others) => expect(await placeOf(HOOK, nodes, others)).toBeUndefined())

test('what is root’s in a sticky folder stays where it is', async () => {
  expect(await placeOf(HOOK, { [HOOK]: 'x' }, { '/opt/guard': { mode: 0o41_777 } })).toBe(HOOK)
})
