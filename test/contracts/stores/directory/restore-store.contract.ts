import type { Engine } from '../engines.ts'

export function describeRestoreStore({ name, open }: Engine): void {
  describe(`${name} keeps the RestoreStore contract`, () => {
    test('has no mark and no restore where none was', async () => {
      const { restores } = await open()
      expect([await restores.takeMark(), await restores.newest(), await restores.orderStopsAgain()]).toEqual([
        undefined,
        undefined,
        { stops: 0, devices: 0 },
      ])
    })

    test('has the newest restore', async () => {
      const { restores } = await open()
      await restores.add({ backup: 'bak_1', backupAt: 5, at: 9 })
      await restores.add({ backup: 'bak_2', backupAt: 3, at: 8 })
      expect(await restores.newest()).toEqual({ backup: 'bak_2', backupAt: 3, at: 8 })
    })
  })

  describe(`${name} runs work after commits`, () => {
    test('at once where no transaction is open, else after the outermost one', async () => {
      const store = await open()
      let done: string[] = []
      store.afterCommit(() => done.push('at once'))
      expect(done).toEqual(['at once'])
      await store.transaction(async () => {
        // It may run again.
        done = []
        await store.transaction(async () => store.afterCommit(() => done.push('inner')))
        store.afterCommit(() => done.push('outer'))
        done.push('work')
      })
      expect(done).toEqual(['work', 'inner', 'outer'])
    })

    test('never for what was undone', async () => {
      const store = await open()
      const done: string[] = []
      const failing = (): Promise<void> =>
        store.transaction(async () => {
          store.afterCommit(() => done.push('undone'))
          throw new Error('no')
        })
      await store.transaction(async () => {
        store.afterCommit(() => done.push('kept'))
        await expect(failing).rejects.toThrow('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(done).toEqual(['kept'])
    })
  })
}
