/**
 * - `started`: an agent started, or a job that an agent had another program start.
 * - `ended`: an agent ended or became another program.
 * - `part`: a process started or ended below an agent.
 * - `tool`: an unknown program started another child in a session of its own without a terminal, as agents start tools,
 *   or a script called a model again.
 * - `lost`: events were lost. Only a full scan shows what runs now.
 */
export type ProcessChange = 'started' | 'ended' | 'part' | 'tool' | 'lost'
