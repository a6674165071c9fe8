import { describeMinute } from '../minute.ts'

describeMinute('signatures')
