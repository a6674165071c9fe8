import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

test('reads only the newest revision of a snap: older ones are copies', async () => {
  using home = fixtureHome()
  const id = 'fcoeoabgfenejglbffodgkkbkcdhcgfn'
  for (const [revision, version] of [
    ['9', '1.0.0'],
    ['312', '3.0.0'],
    ['41', '2.0.0'],
  ]) {
    const profile = `snap/vivaldi/${revision}/.config/vivaldi/Default`
    home.write(`${profile}/Preferences`, {})
    home.write(`${profile}/Extensions/${id}/${version}_0/manifest.json`, {
      name: 'Claude',
      version,
      manifest_version: 3,
    })
  }
  const { sightings } = await scanHome(home, 'chromium')
  expect(sightings.map((each) => (each.kind === 'extension' ? [each.product, each.version] : each.kind))).toEqual([
    ['vivaldi', '3.0.0'],
  ])
})
