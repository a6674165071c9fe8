#include "background.h"

#define COBJMACROS
#include <stdio.h>
#include <stdlib.h>
/* Before the others, which need its types. */
#include <windows.h>

#include <objbase.h>

#define MOST_WORDS (1024 * 1024)
/* Threads that hang are never ended: they may hold locks of the system's libraries. */
#define MOST_THREADS 8

static volatile LONG running;

struct job {
  napi_threadsafe_function callback;
  background_work work;
  void *input;
  struct text answer;
  uint32_t error;
};

static void put(struct text *text, const wchar_t *words, size_t length) {
  if (text->overflowed || length == 0) return;
  if (length > MOST_WORDS - text->length) {
    text->overflowed = true;
    return;
  }
  if (text->length + length > text->room) {
    size_t room = text->room == 0 ? 1024 : text->room;
    while (room < text->length + length) room *= 2;
    wchar_t *bigger = realloc(text->words, room * sizeof *bigger);
    if (bigger == NULL) {
      text->overflowed = true;
      return;
    }
    text->words = bigger;
    text->room = room;
  }
  memcpy(text->words + text->length, words, length * sizeof *words);
  text->length += length;
}

void put_plain(struct text *text, const char *plain) {
  for (; *plain != 0; plain++) {
    wchar_t word = (wchar_t)(unsigned char)*plain;
    put(text, &word, 1);
  }
}

void put_number(struct text *text, double number) {
  char plain[40];
  snprintf(plain, sizeof plain, "%.17g", number);
  bool finite = plain[0] == '-' ? plain[1] >= '0' && plain[1] <= '9' : plain[0] >= '0' && plain[0] <= '9';
  put_plain(text, finite ? plain : "null");
}

void put_string(struct text *text, const wchar_t *words, size_t length) {
  put_plain(text, "\"");
  for (size_t at = 0; at < length; at++) {
    wchar_t word = words[at];
    /* Halves of pairs that are alone would be no JSON to some; as escapes they are. */
    if (word < 0x20 || (word >= 0xD800 && word <= 0xDFFF)) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", (unsigned)word);
      put_plain(text, escape);
      continue;
    }
    if (word == L'"' || word == L'\\') put_plain(text, "\\");
    put(text, &word, 1);
  }
  put_plain(text, "\"");
}

void put_wide(struct text *text, const wchar_t *words) {
  if (words == NULL) put_plain(text, "null");
  else put_string(text, words, wcslen(words));
}

static void free_job(struct job *job) {
  free(job->answer.words);
  free(job->input);
  free(job);
}

/* On the thread of JavaScript. Without an environment the program ends, and no promise can be settled. */
static void answer(napi_env env, napi_value callback, void *context, void *data) {
  (void)context;
  struct job *job = data;
  if (env != NULL) {
    napi_value arguments[2], receiver;
    uint32_t error = job->error == 0 && job->answer.overflowed ? ERROR_MORE_DATA : job->error;
    if (napi_get_undefined(env, &receiver) == napi_ok && napi_create_uint32(env, error, &arguments[0]) == napi_ok) {
      arguments[1] = wide_value(env, job->answer.words, error == 0 ? job->answer.length : 0);
      if (arguments[1] != NULL) napi_call_function(env, receiver, callback, 2, arguments, NULL);
    }
  }
  free_job(job);
}

static DWORD WINAPI run(void *data) {
  struct job *job = data;
  napi_threadsafe_function callback = job->callback;
  HRESULT begun = CoInitializeEx(NULL, COINIT_MULTITHREADED);
  job->error = job->work(job->input, &job->answer);
  if (SUCCEEDED(begun)) CoUninitialize();
  InterlockedDecrement(&running);
  napi_status told = napi_call_threadsafe_function(callback, job, napi_tsfn_nonblocking);
  if (told != napi_ok) free_job(job);
  /* After napi_closing the function is gone. */
  if (told != napi_closing) napi_release_threadsafe_function(callback, napi_tsfn_release);
  return 0;
}

static napi_value fail(napi_env env, const char *name, void *input, uint32_t error) {
  free(input);
  return throw_windows_error(env, name, error);
}

napi_value run_in_background(napi_env env, napi_value callback, const char *name, background_work work, void *input) {
  napi_value title, undefined;
  napi_valuetype type;
  if (napi_typeof(env, callback, &type) != napi_ok || type != napi_function) {
    free(input);
    return refuse(env, "expected a callback");
  }
  if (InterlockedIncrement(&running) > MOST_THREADS) {
    InterlockedDecrement(&running);
    return fail(env, name, input, ERROR_BUSY);
  }
  struct job *job = calloc(1, sizeof *job);
  bool made = job != NULL && napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &title) == napi_ok &&
              napi_get_undefined(env, &undefined) == napi_ok &&
              napi_create_threadsafe_function(env, callback, NULL, title, 0, 1, NULL, NULL, NULL, answer,
                                              &job->callback) == napi_ok;
  if (!made) {
    InterlockedDecrement(&running);
    free(job);
    return fail(env, name, input, ERROR_NOT_ENOUGH_MEMORY);
  }
  job->work = work;
  job->input = input;
  /* An answer that never comes must not keep the program from ending. */
  napi_unref_threadsafe_function(env, job->callback);
  HANDLE thread = CreateThread(NULL, 0, run, job, 0, NULL);
  if (thread == NULL) {
    uint32_t error = GetLastError();
    InterlockedDecrement(&running);
    napi_release_threadsafe_function(job->callback, napi_tsfn_abort);
    job->input = NULL;
    free_job(job);
    return fail(env, name, input, error);
  }
  CloseHandle(thread);
  return undefined;
}

void use_own_rights(void *object) {
  CoSetProxyBlanket(object, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL, RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
                    RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE);
}
