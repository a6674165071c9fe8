import type { OpenStores } from './seeds.ts'

export function describeRestoreStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the RestoreStore contract`, () => {
    test('has no mark and no restore where none was', () => {
      const { restores } = open()
      expect([restores.takeMark(), restores.newest(), restores.orderStopsAgain()]).toEqual([
        undefined,
        undefined,
        { stops: 0, devices: 0 },
      ])
    })

    test('has the newest restore', () => {
      const { restores } = open()
      restores.add({ backup: 'bak_1', backupAt: 5, at: 9 })
      restores.add({ backup: 'bak_2', backupAt: 3, at: 8 })
      expect(restores.newest()).toEqual({ backup: 'bak_2', backupAt: 3, at: 8 })
    })
  })

  describe(`${name} runs work after commits`, () => {
    test('at once where no transaction is open, else after the outermost one', () => {
      const store = open()
      const done: string[] = []
      store.afterCommit(() => done.push('at once'))
      store.transaction(() => {
        store.transaction(() => store.afterCommit(() => done.push('inner')))
        store.afterCommit(() => done.push('outer'))
        done.push('work')
      })
      expect(done).toEqual(['at once', 'work', 'inner', 'outer'])
    })

    test('never for what was undone', () => {
      const store = open()
      const done: string[] = []
      const failing = (): void =>
        store.transaction(() => {
          store.afterCommit(() => done.push('undone'))
          throw new Error('no')
        })
      store.transaction(() => {
        store.afterCommit(() => done.push('kept'))
        expect(failing).toThrow('no')
      })
      expect(failing).toThrow('no')
      expect(done).toEqual(['kept'])
    })
  })
}
