import { describeMinute } from '../minute.ts'

describeMinute('configuration')
