import { debianMachineLacks } from '../journeys/machines/debian-machine.ts'
import { testSmall } from './run-small.ts'

testSmall('installed', debianMachineLacks())
