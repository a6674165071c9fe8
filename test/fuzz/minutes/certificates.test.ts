import { describeMinute } from '../minute.ts'

describeMinute('certificates')
