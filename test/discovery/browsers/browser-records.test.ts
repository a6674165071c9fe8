import fc from 'fast-check'
import { asObject } from '../../../src/base/json-object.ts'
import { manifestFacts } from '../../../src/discovery/browsers/chromium-manifest.ts'
import { extensionRecords, installSourceOf } from '../../../src/discovery/browsers/chromium-preferences.ts'
import { isBroad, splitPermissions } from '../../../src/discovery/browsers/host-permissions.ts'

const ID = 'a'.repeat(32)

/** Any JSON, and JSON that has the members we look for. */
const document = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      path: fc.jsonValue(),
      location: fc.jsonValue(),
      state: fc.jsonValue(),
      disable_reasons: fc.jsonValue(),
      manifest: fc.jsonValue(),
      permissions: fc.jsonValue(),
      host_permissions: fc.jsonValue(),
      content_scripts: fc.array(fc.record({ matches: fc.jsonValue() })),
      name: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
)

test('records of extensions: any JSON is read or passed over', () => {
  fc.assert(
    fc.property(document, document, (first, second) => {
      const of = (settings: unknown) => asObject({ extensions: { settings: { [ID]: settings } } })
      const records = extensionRecords([asObject(first), of(first), of(second)])
      return [...records.values()].every((record) => typeof installSourceOf(record, undefined) === 'string')
    }),
  )
})

test.each<[string, object, object, boolean]>([
  ['a mask that was lifted', { disable_reasons: 1 }, { disable_reasons: [] }, true],
  ['reasons that were lifted', { disable_reasons: [1] }, { disable_reasons: 0 }, true],
  ['reasons that came', { disable_reasons: [] }, { disable_reasons: [1] }, false],
  ['reasons that one file alone has', { disable_reasons: [1] }, { location: 1 }, false],
  ['reasons in words', { disable_reasons: [1] }, { disable_reasons: 'none' }, true],
])('of what switches an extension off the protected file counts: %s', (_, plain, guarded, enabled) => {
  const documents = [plain, guarded].map((record) => asObject({ settings: { [ID]: record } }))
  expect(extensionRecords(documents).get(ID)?.enabled).toBe(enabled)
})

test('manifests: any JSON is read or passed over, and lists stay bounded', () => {
  fc.assert(
    fc.property(document, (manifest) => {
      const { permissions, hostPermissions } = splitPermissions(manifestFacts(asObject(manifest)).asks)
      return permissions.length <= 128 && hostPermissions.length <= 128
    }),
  )
})

test.each([
  ['<all_urls>', true],
  ['*://*/*', true],
  ['https://*/*', true],
  ['https://*:8443/*', true],
  ['*://*.com/*', true],
  ['https://*.example.com/*', false],
  ['https://example.com/*', false],
  ['file:///*', false],
  ['https://a*/*', false],
])('%s reaches every site: %s', (pattern, broad) => expect(isBroad(pattern)).toBe(broad))
