/**
 * `started`: an agent began. `ended`: one ended, or became another program. `part`: something began or ended below an agent.
 * `tool`: something began again in a session of its own without a terminal, as agents start their tools, or a script asked a
 * model once more. `lost`: only a look at all processes tells.
 */
export type ProcessChange = 'started' | 'ended' | 'part' | 'tool' | 'lost'
