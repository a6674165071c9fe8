import { inChromium, launchChromium } from '../support/browser/chromium.ts'
import { linksIn, openConsole, TWO_LOOKS } from '../support/console/console-page.ts'
import { serveDemonstration } from '../support/console/demonstration.ts'

/** The console opens in a browser. The deep tests visit every page, as every role. */

const whole = inChromium('the console')

whole('signs in with a passkey and shows the fleet, a device and the inbox', async () => {
  await using served = await serveDemonstration({ devices: 5 })
  await using chromium = await launchChromium()
  await using console = await openConsole(chromium, await served.invite('administrator'))
  await console.settle()
  const faults = [...(await console.faults(TWO_LOOKS))]
  await console.open('/devices')
  const [device = ''] = await linksIn(console.page, 'main a[href^="/devices/"]')
  expect(device).toMatch(/^\/devices\/dev_/)
  for (const path of [device, '/inbox']) {
    await console.open(path)
    faults.push(...(await console.faults(TWO_LOOKS)))
  }
  expect(faults).toEqual([])
})
