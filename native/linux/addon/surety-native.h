/* The functions of the addon: bytes and numbers in, bytes and numbers out, no policy. */
#ifndef SURETY_NATIVE_H
#define SURETY_NATIVE_H

#define NAPI_VERSION 8
#include <node_api.h>

/* peerCredentials(fd) -> { pid, uid, gid, pidfd }; pidfd is -1 where the kernel has no SO_PEERPIDFD. Throws errno. */
napi_value peer_credentials(napi_env env, napi_callback_info info);
/* processEnded(pidfd) -> boolean. */
napi_value process_ended(napi_env env, napi_callback_info info);
/* closeOnExec(): no descriptor but 0, 1 and 2 reaches a child, whoever opened it. */
napi_value close_on_exec(napi_env env, napi_callback_info info);
/* keepHeapSmall(): threads share one heap of the C library, and large blocks have pages of their own. Nothing where it is not glibc. */
napi_value keep_heap_small(napi_env env, napi_callback_info info);
/* trimMemory(): what the C library keeps for later goes back to the kernel. Nothing where it is not glibc. */
napi_value trim_memory(napi_env env, napi_callback_info info);
/* notifyService(path, text): sends a datagram to a socket; `@` begins the name of an abstract one. Throws errno. */
napi_value notify_service(napi_env env, napi_callback_info info);
/* readProcess(pid, numbers, text, environment) -> boolean: false when it has ended or may not be seen. `numbers` (Float64Array) takes
   parent, session, terminal, start in ticks, user, and the bytes of its name, of its executable (-1: none) and of its
   arguments, or of its environment if that is asked for (-1: not to be had, or not in time), where its stack begins, and device, inode,
   birth and owner of its program (0: not to be had); `text` (Uint8Array) the three, from 0, 4096 and 8192 on. Throws errno when we are short of something. */
napi_value read_process(napi_env env, napi_callback_info info);
/* readProcesses(pids, numbers, text) -> how many of `pids` (Int32Array, 256 at most) were read, from the first on: fewer when the
   text would not fit or one did not answer in time, which is read as the first of the next call and then without its
   arguments. `numbers` takes those of readProcess for each, the bytes of the name being -1 for one that has ended or may not
   be seen; `text` (512 KiB) name, arguments and executable of each, one behind the other. Throws errno as readProcess. */
napi_value read_processes(napi_env env, napi_callback_info info);

/*
 * resolveProgram(pid, startTicks, uid, path, executable, manifest, text) -> bytes, -1 or -2: where `path` lies without links, as the
 * process sees its files, or as the kernel told it where it is `executable`. `text` (Uint8Array, 72 KiB) takes that path and, where
 * `manifest` asks for it, the folder of the nearest package.json at or above it, each with a NUL behind it, and the text of that
 * file; folder and text are empty where there is none with a name, or it is no plain file of less than 64 KiB. -1 when it is not
 * there, the process has ended, or the way leads over a file system that may not answer; -2 when it did not answer in time, or
 * we are short of something.
 */
napi_value resolve_program(napi_env env, napi_callback_info info);

/*
 * watchProcesses(buffer, wanted, receiveBytes, variables, files, callback) -> { close(), filesFault }: calls back from the loop
 * with (bytes, lost) while `buffer` (Uint8Array) holds so many bytes of records; see process-watch.c for their form.
 * `wanted` is a mask of kinds, 0 for a kernel without the filter; `variables` the names, each ending in NUL, of those
 * variables whose values are told; `files` whether fanotify is asked
 * too. `lost` says by bits what was missed: 1 events, 2 files, 4 the program was too busy,
 * 8 nothing more will come. `filesFault` says why files that are opened to be run are not told, and is absent where they
 * are. Throws errno; needs CAP_NET_ADMIN before Linux 6.6.
 */
napi_value watch_processes(napi_env env, napi_callback_info info);

/*
 * openFreezer(forks, cgroup2, cgroup1) -> { own, warm, urgent, thawUnits, freeze, close, cgroup2, cgroup1, forksTold }. `forks` is the
 * mask for forks, 0 for a kernel without the filter; the mount points of both hierarchies are empty where there is none, and the
 * members of that name are their folders, -1 where there is none. `forksTold` is false where the kernel does not tell forks.
 * own(pids, owners): Int32Array and Uint32Array; forks of these belong to the same owner. 0 is no owner.
 * warm(): a job is likely to come. urgent(on): real-time priority for all threads, for at most a second.
 * thawUnits(base): lets groups continue that a job of an earlier run had paused.
 * freeze(base, ids, owners, targets, rows, callback): freezes agents into folders `base`/ID. `ids` are 32 letters each, `owners`
 * (Uint32Array) as many, `targets` (Float64Array) pid, start, index of the agent and 0 for each known process. Calls back with
 * (count, flags, confirmedUs, pausedUs) once `rows` holds pid, start, index and status of each process, see freeze-job.h. Throws
 * while another job is under way.
 */
napi_value open_freezer(napi_env env, napi_callback_info info);

/*
 * markSockets(pid, startTicks, bit, set, from, counts) -> the descriptor to continue from, -1 when all are done, -2 when the process has
 * ended. Sets or clears `bit` in the mark of each network socket of the process, of at most 512 descriptors. Adds to `counts`
 * (Int32Array): sockets that have it now, that the kernel refused, and that are in another network namespace, left as they are.
 */
napi_value mark_sockets(napi_env env, napi_callback_info info);

/*
 * packetRules(bit): packets of sockets with that bit in their mark are dropped in our network namespace; 0 ends that. Nothing is
 * changed where it is so already. Throws errno: EPERM without CAP_NET_ADMIN, ENOENT or EOPNOTSUPP for a kernel without it.
 */
napi_value packet_rules(napi_env env, napi_callback_info info);

/*
 * openTerminal(pid, startTicks) -> a descriptor for writing that never waits, or -1: the process has ended, has no controlling
 * terminal, has it at none of its standard descriptors, or it belongs to another user.
 */
napi_value open_terminal(napi_env env, napi_callback_info info);
/* readTerminal(fd, numbers): rows, columns, and whether the terminal reads line by line, into `numbers` (Int32Array). Throws errno. */
napi_value read_terminal(napi_env env, napi_callback_info info);
/* setTerminalRows(fd, numbers): tells the foreground of another size. Throws errno. */
napi_value set_terminal_rows(napi_env env, napi_callback_info info);

/* The first argument as a number; false, with an exception pending, when it is none. */
int read_descriptor(napi_env env, napi_callback_info info, int *fd);
/* Throws an Error whose code is the name of the call and whose message is strerror(errno). */
napi_value throw_errno(napi_env env, const char *call);

#endif
