/* Topic `freeze`: stops processes for good, and lets them continue. See src/system/freezer/windows.ts. */
#include "freeze.h"

#include <stdlib.h>
#include <string.h>

#include "freeze-job.h"
#include "freeze-threads.h"
#include "../processes/process-identity.h"

/* What is held is looked at so often, and the list of processes every fourth time. */
#define TICK_MS 250
#define LIST_TICKS 4

struct freezer {
  struct table table;
  HANDLE thread;
  HANDLE wake;
  volatile LONG is_closing;
};

/* Suspends what was resumed, and what held processes started in spite of all. */
static void look_after(struct table *table, bool with_children) {
  sweep_held(table);
  uint32_t count = table->held_count;
  for (uint32_t at = 0; at < count; at++) {
    struct held *held = &table->held[at];
    if (suspend_running_threads(held->process) > 0) held->has_escaped = true;
  }
  if (!with_children || count == 0 || hold_children(table, NULL, NULL) <= 0) return;
  /* Those that are new are in no list on disk yet: the next freeze of the agent puts them there. */
  for (uint32_t at = count; at < table->held_count; at++) {
    for (uint32_t other = 0; other < count; other++) {
      if (table->held[other].agent == table->held[at].agent) table->held[other].has_escaped = true;
    }
  }
}

static DWORD WINAPI keep_held(void *context) {
  struct freezer *freezer = context;
  for (uint32_t tick = 1;; tick++) {
    AcquireSRWLockShared(&freezer->table.lock);
    bool has_any = freezer->table.held_count > 0;
    ReleaseSRWLockShared(&freezer->table.lock);
    WaitForSingleObject(freezer->wake, has_any ? TICK_MS : INFINITE);
    if (freezer->is_closing) return 0;
    AcquireSRWLockExclusive(&freezer->table.lock);
    if (freezer->table.held != NULL) look_after(&freezer->table, tick % LIST_TICKS == 0);
    ReleaseSRWLockExclusive(&freezer->table.lock);
  }
}

static void close_freezer(struct freezer *freezer) {
  if (InterlockedExchange(&freezer->is_closing, 1) != 0) return;
  SetEvent(freezer->wake);
  WaitForSingleObject(freezer->thread, INFINITE);
  CloseHandle(freezer->thread);
  CloseHandle(freezer->wake);
  AcquireSRWLockExclusive(&freezer->table.lock);
  close_table(&freezer->table);
  ReleaseSRWLockExclusive(&freezer->table.lock);
}

static void free_freezer(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  close_freezer(data);
  free(data);
}

/* A process may take every right over itself from everybody. With this privilege that does not count; only LocalSystem has it, and
   administrators. */
static void enable_debugging(void) {
  HANDLE token;
  TOKEN_PRIVILEGES privileges = {.PrivilegeCount = 1};
  privileges.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token)) return;
  if (LookupPrivilegeValueW(NULL, L"SeDebugPrivilege", &privileges.Privileges[0].Luid)) {
    AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL);
  }
  CloseHandle(token);
}

/* freezeOpen() -> freezer. @throws when there is no memory or no thread. */
static napi_value freeze_open(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value;
  enable_debugging();
  struct freezer *freezer = calloc(1, sizeof *freezer);
  if (freezer == NULL || !open_table(&freezer->table)) {
    free(freezer);
    return throw_windows_error(env, "malloc", ERROR_NOT_ENOUGH_MEMORY);
  }
  freezer->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
  freezer->thread = freezer->wake == NULL ? NULL : CreateThread(NULL, 0, keep_held, freezer, 0, NULL);
  if (freezer->thread == NULL) {
    DWORD error = GetLastError();
    if (freezer->wake != NULL) CloseHandle(freezer->wake);
    close_table(&freezer->table);
    free(freezer);
    return throw_windows_error(env, "CreateThread", error);
  }
  SetThreadPriority(freezer->thread, THREAD_PRIORITY_TIME_CRITICAL);
  if (napi_create_external(env, freezer, free_freezer, NULL, &value) == napi_ok) return value;
  close_freezer(freezer);
  free(freezer);
  return NULL;
}

/* NULL when it is none, or was closed. */
static struct freezer *freezer_of(napi_env env, napi_value value) {
  napi_valuetype type;
  void *data;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external) return NULL;
  if (napi_get_value_external(env, value, &data) != napi_ok) return NULL;
  struct freezer *freezer = data;
  return freezer->is_closing ? NULL : freezer;
}

static bool read_list(napi_env env, napi_value value, double **numbers, size_t *count, size_t each) {
  napi_typedarray_type type;
  size_t length;
  if (napi_get_typedarray_info(env, value, &type, &length, (void **)numbers, NULL, NULL) != napi_ok) return false;
  *count = length / each;
  return type == napi_float64_array && length % each == 0;
}

/* freezeOwn(freezer, [pid, agent, ...]): from now on these, and what they start, belong to these agents. 0 is none. */
static napi_value freeze_own(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  double *members;
  size_t count;
  struct freezer *freezer;
  if (!read_arguments(env, info, arguments, 2) || (freezer = freezer_of(env, arguments[0])) == NULL ||
      !read_list(env, arguments[1], &members, &count, 2)) {
    return refuse(env, "expected a freezer and pairs of numbers");
  }
  AcquireSRWLockExclusive(&freezer->table.lock);
  sweep_owned(&freezer->table);
  for (size_t at = 0; at < count; at++) {
    own_process(&freezer->table, (uint32_t)members[at * 2], (uint32_t)members[at * 2 + 1]);
  }
  ReleaseSRWLockExclusive(&freezer->table.lock);
  return NULL;
}

struct work {
  struct freeze_job job;
  struct freezer *freezer;
  napi_async_work handle;
  /* Of the freezer, the rows and the function, so that they stay. */
  napi_ref freezer_ref, rows_ref, callback_ref;
};

static void execute(napi_env env, void *data) {
  (void)env;
  struct work *work = data;
  HANDLE thread = GetCurrentThread();
  int priority = GetThreadPriority(thread);
  /* Else what is to be stopped keeps us waiting for a processor. */
  SetThreadPriority(thread, THREAD_PRIORITY_TIME_CRITICAL);
  run_freeze_job(&work->job);
  SetThreadPriority(thread, priority);
}

static void free_work(napi_env env, struct work *work) {
  if (work->handle != NULL) napi_delete_async_work(env, work->handle);
  if (work->freezer_ref != NULL) napi_delete_reference(env, work->freezer_ref);
  if (work->rows_ref != NULL) napi_delete_reference(env, work->rows_ref);
  if (work->callback_ref != NULL) napi_delete_reference(env, work->callback_ref);
  free(work->job.targets);
  free(work);
}

static void complete(napi_env env, napi_status status, void *data) {
  struct work *work = data;
  napi_value callback, global, answer[3];
  if (status == napi_ok && !work->freezer->is_closing) SetEvent(work->freezer->wake);
  if (status == napi_ok && napi_get_reference_value(env, work->callback_ref, &callback) == napi_ok &&
      napi_get_global(env, &global) == napi_ok &&
      napi_create_uint32(env, work->job.row_count, &answer[0]) == napi_ok &&
      napi_create_uint32(env, work->job.flags, &answer[1]) == napi_ok &&
      napi_create_double(env, work->job.took_us, &answer[2]) == napi_ok) {
    napi_call_function(env, global, callback, 3, answer, NULL);
  }
  free_work(env, work);
}

static bool queue(napi_env env, struct work *work, napi_value *arguments) {
  napi_value name;
  return napi_create_reference(env, arguments[0], 1, &work->freezer_ref) == napi_ok &&
         napi_create_reference(env, arguments[3], 1, &work->rows_ref) == napi_ok &&
         napi_create_reference(env, arguments[4], 1, &work->callback_ref) == napi_ok &&
         napi_create_string_utf8(env, "surety freeze", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_create_async_work(env, NULL, name, execute, complete, work, &work->handle) == napi_ok &&
         napi_queue_async_work(env, work->handle) == napi_ok;
}

/*
 * freezeProcesses(freezer, agents, [pid, started, agent, ...], rows, (count, flags, us) => void): `rows` gets
 * [pid, started, agent, status, ...] and has room for 8,192 of them.
 */
static napi_value freeze_processes(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  double *agents, *targets, *rows;
  size_t agent_count, target_count;
  napi_valuetype type;
  struct freezer *freezer;
  if (!read_arguments(env, info, arguments, 5) || (freezer = freezer_of(env, arguments[0])) == NULL ||
      !read_list(env, arguments[1], &agents, &agent_count, 1) || agent_count > MAX_AGENTS ||
      !read_list(env, arguments[2], &targets, &target_count, ROW_NUMBERS - 1) || target_count > MAX_ROWS ||
      !read_numbers(env, arguments[3], &rows, MAX_ROWS * ROW_NUMBERS) ||
      napi_typeof(env, arguments[4], &type) != napi_ok || type != napi_function) {
    return refuse(env, "expected a freezer, agents, targets, rows and a function");
  }
  struct work *work = calloc(1, sizeof *work);
  size_t bytes = target_count * (ROW_NUMBERS - 1) * sizeof *targets;
  if (work != NULL) work->job.targets = malloc(bytes + 1);
  if (work == NULL || work->job.targets == NULL) {
    free(work);
    return throw_windows_error(env, "malloc", ERROR_NOT_ENOUGH_MEMORY);
  }
  memcpy(work->job.targets, targets, bytes);
  work->freezer = freezer;
  work->job.table = &freezer->table;
  work->job.target_count = (uint32_t)target_count;
  work->job.agent_count = (uint32_t)agent_count;
  work->job.rows = rows;
  for (size_t at = 0; at < agent_count; at++) work->job.agents[at] = (uint32_t)agents[at];
  if (queue(env, work, arguments)) return NULL;
  free_work(env, work);
  return throw_windows_error(env, "napi_queue_async_work", ERROR_NOT_ENOUGH_MEMORY);
}

/* freezeMembers(freezer, agent, pids) -> how many processes of the agent are held and have not run since; `pids` gets the first. */
static napi_value freeze_members(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  uint32_t agent, count = 0;
  double *pids;
  size_t room;
  struct freezer *freezer;
  if (!read_arguments(env, info, arguments, 3) || (freezer = freezer_of(env, arguments[0])) == NULL ||
      napi_get_value_uint32(env, arguments[1], &agent) != napi_ok || !read_list(env, arguments[2], &pids, &room, 1)) {
    return refuse(env, "expected a freezer, an agent and room for numbers");
  }
  AcquireSRWLockExclusive(&freezer->table.lock);
  sweep_held(&freezer->table);
  for (uint32_t at = 0; at < freezer->table.held_count; at++) {
    const struct held *held = &freezer->table.held[at];
    if (held->agent != agent || held->has_escaped) continue;
    if (count < room) pids[count] = held->pid;
    count++;
  }
  ReleaseSRWLockExclusive(&freezer->table.lock);
  return napi_create_uint32(env, count, &result) == napi_ok ? result : NULL;
}

/* Of an earlier run. */
static bool take_over(struct table *table, uint32_t pid, uint64_t started, uint32_t agent) {
  HANDLE process;
  if (find_process(pid, started, FREEZE_ACCESS, &process) != IS_FOUND) return false;
  bool is_held = is_mostly_suspended(process);
  CloseHandle(process);
  bool has_changed = false;
  return is_held && hold(table, pid, started, agent, &has_changed) == STATUS_SUSPENDED;
}

/* freezeStands(freezer, agent, pid, started) -> whether a process that was held has not run since. One of an earlier run is taken
   over when it stands still. */
static napi_value freeze_stands(napi_env env, napi_callback_info info) {
  napi_value arguments[4], result;
  uint32_t agent, pid;
  double started;
  struct freezer *freezer;
  if (!read_arguments(env, info, arguments, 4) || (freezer = freezer_of(env, arguments[0])) == NULL ||
      napi_get_value_uint32(env, arguments[1], &agent) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &pid) != napi_ok ||
      napi_get_value_double(env, arguments[3], &started) != napi_ok || !(started >= 0)) {
    return refuse(env, "expected a freezer, an agent and a process");
  }
  AcquireSRWLockExclusive(&freezer->table.lock);
  const struct held *held = held_at(&freezer->table, pid);
  bool stands = held != NULL ? held->started == (uint64_t)started && !held->has_escaped
                             : take_over(&freezer->table, pid, (uint64_t)started, agent);
  ReleaseSRWLockExclusive(&freezer->table.lock);
  if (stands && held == NULL) SetEvent(freezer->wake);
  return napi_get_boolean(env, stands, &result) == napi_ok ? result : NULL;
}

static bool resume_held(HANDLE process) {
  return !has_ended(process) && resume_process(process);
}

static bool end_held(HANDLE process) {
  return end_process(process);
}

/* Does it to all that is held of the agent, and to those of an earlier run. Only what is to be ended may run before. */
static napi_value with_each(napi_env env, napi_callback_info info, bool (*call)(HANDLE)) {
  napi_value arguments[3], result;
  uint32_t agent, count = 0;
  double *stopped;
  size_t stopped_count;
  struct freezer *freezer;
  if (!read_arguments(env, info, arguments, 3) || (freezer = freezer_of(env, arguments[0])) == NULL ||
      napi_get_value_uint32(env, arguments[1], &agent) != napi_ok ||
      !read_list(env, arguments[2], &stopped, &stopped_count, 2)) {
    return refuse(env, "expected a freezer, an agent and processes");
  }
  struct table *table = &freezer->table;
  AcquireSRWLockExclusive(&table->lock);
  for (size_t at = 0; at < stopped_count; at++) {
    uint32_t pid = (uint32_t)stopped[at * 2];
    uint64_t started = (uint64_t)stopped[at * 2 + 1];
    bool has_changed = false;
    if (held_at(table, pid) != NULL) continue;
    if (call == end_held) hold(table, pid, started, agent, &has_changed);
    else take_over(table, pid, started, agent);
  }
  for (uint32_t at = table->held_count; at-- > 0;) {
    if (table->held[at].agent != agent) continue;
    if (call(table->held[at].process)) count++;
    forget_held(table, at);
  }
  ReleaseSRWLockExclusive(&table->lock);
  return napi_create_uint32(env, count, &result) == napi_ok ? result : NULL;
}

/* freezeRelease(freezer, agent, [pid, started, ...]) -> how many continue. */
static napi_value freeze_release(napi_env env, napi_callback_info info) {
  return with_each(env, info, resume_held);
}

/* freezeKill(freezer, agent, [pid, started, ...]) -> how many are ended. */
static napi_value freeze_kill(napi_env env, napi_callback_info info) {
  return with_each(env, info, end_held);
}

/* freezeClose(freezer): what is held stays suspended. */
static napi_value freeze_close(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct freezer *freezer;
  if (!read_arguments(env, info, &argument, 1) || (freezer = freezer_of(env, argument)) == NULL) {
    return refuse(env, "expected a freezer that is open");
  }
  close_freezer(freezer);
  return NULL;
}

void register_freeze(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"freezeOpen", freeze_open},       {"freezeOwn", freeze_own},     {"freezeProcesses", freeze_processes},
      {"freezeMembers", freeze_members}, {"freezeStands", freeze_stands}, {"freezeRelease", freeze_release},
      {"freezeKill", freeze_kill},       {"freezeClose", freeze_close},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
