import type { StoredPrincipal } from '../../../../src/directory/principals/principal-store.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'

const administrator = (number: number): StoredPrincipal => ({
  id: `adm_${number}`,
  kind: 'administrator',
  name: `a${number}`,
  role: 'administrator',
  tokenHash: new Uint8Array(32).fill(number),
  oldTokens: [],
  createdAt: number,
  expiresAt: number + 100,
})

export function describePrincipalStore({ name, open }: Engine): void {
  describe(`${name} keeps the PrincipalStore contract`, () => {
    test('has several principals', async () => {
      const { principals } = await open()
      expect([await principals.list(), await principals.hasAny()]).toEqual([[], false])
      await principals.put(administrator(1))
      await principals.put(administrator(2))
      expect(await principals.list()).toEqual([administrator(1), administrator(2)])
    })

    test('revokes all, and remembers that there were some', async () => {
      const { principals } = await open()
      await principals.put(administrator(1))
      await principals.put(administrator(2))
      expect([await principals.revokeAll(6), await principals.revokeAll(7)]).toEqual([2, 0])
      expect([await principals.list(), await principals.hasAny()]).toEqual([[], true])
      await principals.put(administrator(3))
      expect(await principals.list()).toEqual([administrator(3)])
    })

    test('knows when the first was made, and whose token another person made lately', async () => {
      const { principals } = await open()
      expect([await principals.firstAt(), await principals.newNames(0)]).toEqual([undefined, []])
      for (const number of [1, 2, 3]) await principals.put(administrator(number))
      await principals.put({ ...administrator(4), kind: 'service', role: 'read' })
      await principals.setTokens({ ...administrator(1), tokenGivenAt: 9 })
      await principals.revoke('adm_3', 5)
      expect([
        await principals.firstAt(),
        (await principals.newNames(2)).toSorted(),
        await principals.newNames(9),
      ]).toEqual([1, ['a1', 'a3'], []])
    })

    test('has the names of administrators, also of those who were revoked lately', async () => {
      const { principals } = await open()
      for (const number of [1, 2, 3]) await principals.put(administrator(number))
      await principals.put({ ...administrator(4), kind: 'service', role: 'read' })
      await principals.setRole('adm_1', 'viewer')
      await principals.revoke('adm_2', 5)
      expect((await principals.namesSince(4)).toSorted()).toEqual(['a1', 'a2', 'a3'])
      expect((await principals.namesSince(5)).toSorted()).toEqual(['a1', 'a3'])
    })

    test('refuses a token twice', async () => {
      const { principals } = await open()
      await principals.put(administrator(1))
      expect(await codeThrown(() => principals.put({ ...administrator(1), id: 'adm_2' }))).toBe('CONFLICT')
    })

    test('refuses a name twice, in any case, until its principal is revoked', async () => {
      const { principals } = await open()
      await principals.put(administrator(1))
      const again = { ...administrator(2), name: 'A1' }
      expect(await codeThrown(() => principals.put(again))).toBe('CONFLICT')
      await principals.put({ ...administrator(3), name: 'a1', kind: 'service', role: 'read' })
      await principals.revoke('adm_1', 5)
      await principals.put(again)
      expect((await principals.list()).map(({ id }) => id)).toEqual(['adm_2', 'adm_3'])
    })

    test('changes the tokens of one', async () => {
      const { principals } = await open()
      await principals.put(administrator(1))
      await principals.put(administrator(2))
      const { tokenHash } = administrator(3)
      const oldTokens = [{ tokenHash: administrator(2).tokenHash, until: 9 }]
      const rotated = { ...administrator(2), tokenHash, oldTokens, tokenGivenAt: 8, expiresAt: 900 }
      await principals.setTokens(rotated)
      expect(await principals.list()).toEqual([administrator(1), rotated])
      expect(await codeThrown(() => principals.setTokens({ ...rotated, id: 'adm_1' }))).toBe('CONFLICT')
      const { expiresAt: _, tokenGivenAt: __, ...endless } = rotated
      await principals.setTokens(endless)
      expect(await principals.list()).toEqual([administrator(1), endless])
    })

    test('changes the role of one', async () => {
      const { principals } = await open()
      await principals.put(administrator(1))
      await principals.put(administrator(2))
      await principals.setRole('adm_2', 'viewer')
      expect(await principals.list()).toEqual([administrator(1), { ...administrator(2), role: 'viewer' }])
    })
  })
}
