import { describeMinute } from '../minute.ts'

describeMinute('frames')
