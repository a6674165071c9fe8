import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testRepository } from '../../support/updates/test-repository.ts'
import { checkUpdates } from './checks/updates.ts'
import { preparePowerCuts } from './power-cuts.ts'

const { missing, cut } = preparePowerCuts()
const power = missing === undefined ? test : test.skip

power('an update cut at any write leaves a whole version, and the next check continues', async () => {
  using folder = temporaryFolder()
  const good = await testRepository(join(folder.path, 'good'))
  await good.add('1.1.0')
  await good.promote('1.1.0')
  const first = good.copy('first')
  await good.add('1.2.0')
  await good.promote('1.2.0')
  const repositories = [`${pathToFileURL(first)}/`, good.url, good.root]
  const outcomes = await cut(
    {
      workload: { name: 'updates', environment: { REPOSITORIES: JSON.stringify(repositories) } },
      check: (disk, said) => checkUpdates(disk, said, good),
    },
    { runs: 1 },
  )
  expect(outcomes.flatMap(({ wrong }) => wrong)).toEqual([])
  for (const { places, operations } of outcomes) expect(places).toBe(operations + 1)
  expect(outcomes[0]?.operations).toBeGreaterThan(100)
})
