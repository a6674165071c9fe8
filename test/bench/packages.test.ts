import { debianMachineLacks } from '../journeys/machines/debian-machine.ts'
import { OF_PACKAGES, testSmall } from './run-small.ts'

for (const name of OF_PACKAGES) testSmall(name, debianMachineLacks())
