import { Changes } from '../../../src/directory/workers/changes.ts'

test('tells the listeners of a topic, in the order in which they asked, and no others', () => {
  const changes = new Changes()
  const heard: string[] = []
  changes.on('receipts', (device) => heard.push(`first ${device}`))
  changes.on('receipts', (device) => heard.push(`second ${device}`))
  changes.on('claims', (device) => heard.push(`claims ${device}`))
  changes.of('receipts', 'dev_1')
  changes.of('stops')
  expect(heard).toEqual(['first dev_1', 'second dev_1'])
})
