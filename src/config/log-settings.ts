import type { LogInit } from '../system/logging/winston-log.ts'
import type { DefaultPaths } from '../system/platform/default-paths.ts'
import { choiceSetting, numberSetting, optionalPathSetting } from './settings.ts'

const MIB = 1024 * 1024

/** The settings of the log, the same for both programs. */
export const logSettingsOn = (paths: DefaultPaths) => ({
  'log.level': choiceSetting(['error', 'warn', 'info', 'debug'], 'info', 'minimum log level'),
  'log.format': choiceSetting(['json', 'text'], 'text', 'JSON lines or plain text'),
  'log.file': optionalPathSetting('log file; standard error if not set', paths),
  'log.maxBytes': numberSetting(
    { minimum: 64 * 1024, maximum: 1024 * MIB },
    10 * MIB,
    'size at which the log file is rotated',
  ),
  'log.maxFiles': numberSetting({ minimum: 1, maximum: 100 }, 5, 'how many log files are kept'),
})

export interface LogConfig {
  readonly 'log.level': LogInit['level']
  readonly 'log.format': LogInit['format']
  readonly 'log.file'?: LogInit['file']
  readonly 'log.maxBytes': number
  readonly 'log.maxFiles': number
}

export function logInit(config: LogConfig): LogInit {
  return {
    level: config['log.level'],
    format: config['log.format'],
    file: config['log.file'],
    maxBytes: config['log.maxBytes'],
    maxFiles: config['log.maxFiles'],
  }
}
