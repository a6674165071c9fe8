import type { StoredPrincipal } from '../../../src/directory/principals/principal-store.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import type { OpenStores } from './seeds.ts'

const administrator = (number: number): StoredPrincipal => ({
  id: `adm_${number}`,
  kind: 'administrator',
  name: `a${number}`,
  roles: ['administrator'],
  tokenHash: new Uint8Array(32).fill(number),
})

export function describePrincipalStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the PrincipalStore contract`, () => {
    test('has several principals', () => {
      const { principals } = open()
      expect([principals.list(), principals.hasAny()]).toEqual([[], false])
      principals.put(administrator(1), 5)
      principals.put(administrator(2), 6)
      expect(principals.list()).toEqual([administrator(1), administrator(2)])
    })

    test('revokes all, and remembers that there were some', () => {
      const { principals } = open()
      principals.put(administrator(1), 5)
      principals.put(administrator(2), 5)
      expect([principals.revokeAll(6), principals.revokeAll(7)]).toEqual([2, 0])
      expect([principals.list(), principals.hasAny()]).toEqual([[], true])
      principals.put(administrator(3), 8)
      expect(principals.list()).toEqual([administrator(3)])
    })

    test('refuses a token twice', async () => {
      const { principals } = open()
      principals.put(administrator(1), 5)
      expect(await codeThrown(() => principals.put({ ...administrator(1), id: 'adm_2' }, 5))).toBe('CONFLICT')
    })
  })
}
