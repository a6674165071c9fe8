#include "cng.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <bcrypt.h>
#include <ncrypt.h>

#include "jobs.h"

#define PROVIDER L"Microsoft Platform Crypto Provider"
#define IMPLEMENTATION L"Impl Type"
#define MOST_NAME_WORDS 160
#define DIGEST_BYTES 32
#define ROOM_BYTES 512

struct cng_job {
  struct job job;
  SECURITY_STATUS result;
  bool create;
  DWORD length;
  uint8_t digest[DIGEST_BYTES];
  uint8_t bytes[ROOM_BYTES];
  wchar_t name[MOST_NAME_WORDS];
};

static void run_implementation(struct job *base) {
  struct cng_job *job = (struct cng_job *)base;
  NCRYPT_PROV_HANDLE provider = 0;
  job->result = NCryptOpenStorageProvider(&provider, PROVIDER, 0);
  if (job->result != 0) return;
  job->result = NCryptGetProperty(provider, IMPLEMENTATION, job->bytes, ROOM_BYTES, &job->length, 0);
  NCryptFreeObject(provider);
}

static SECURITY_STATUS set_number(NCRYPT_KEY_HANDLE key, const wchar_t *property, DWORD number) {
  return NCryptSetProperty(key, property, (BYTE *)&number, sizeof number, 0);
}

static SECURITY_STATUS create_key(NCRYPT_PROV_HANDLE provider, const wchar_t *name, NCRYPT_KEY_HANDLE *key) {
  SECURITY_STATUS result =
      NCryptCreatePersistedKey(provider, key, BCRYPT_ECDSA_P256_ALGORITHM, name, 0, NCRYPT_MACHINE_KEY_FLAG);
  if (result != 0) return result;
  result = set_number(*key, NCRYPT_EXPORT_POLICY_PROPERTY, 0);
  if (result == 0) result = set_number(*key, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_ALLOW_SIGNING_FLAG);
  if (result == 0) result = NCryptFinalizeKey(*key, NCRYPT_SILENT_FLAG);
  if (result != 0) NCryptFreeObject(*key);
  return result;
}

/* Opens the key, lets `use` fill the bytes, and frees all. */
static void with_key(struct cng_job *job, SECURITY_STATUS (*use)(NCRYPT_KEY_HANDLE key, struct cng_job *job)) {
  NCRYPT_PROV_HANDLE provider = 0;
  NCRYPT_KEY_HANDLE key = 0;
  job->result = NCryptOpenStorageProvider(&provider, PROVIDER, 0);
  if (job->result != 0) return;
  job->result = job->create
                    ? create_key(provider, job->name, &key)
                    : NCryptOpenKey(provider, &key, job->name, 0, NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG);
  if (job->result == 0) {
    job->result = use(key, job);
    NCryptFreeObject(key);
  }
  NCryptFreeObject(provider);
}

static SECURITY_STATUS export_public(NCRYPT_KEY_HANDLE key, struct cng_job *job) {
  return NCryptExportKey(key, 0, BCRYPT_ECCPUBLIC_BLOB, NULL, job->bytes, ROOM_BYTES, &job->length, 0);
}

static SECURITY_STATUS sign_digest(NCRYPT_KEY_HANDLE key, struct cng_job *job) {
  return NCryptSignHash(key, NULL, job->digest, DIGEST_BYTES, job->bytes, ROOM_BYTES, &job->length, NCRYPT_SILENT_FLAG);
}

static void run_public_key(struct job *base) {
  with_key((struct cng_job *)base, export_public);
}

static void run_sign(struct job *base) {
  with_key((struct cng_job *)base, sign_digest);
}

static napi_value answered(napi_env env, struct job *base) {
  struct cng_job *job = (struct cng_job *)base;
  if (job->result == 0 && job->length > ROOM_BYTES) job->result = NTE_BUFFER_TOO_SMALL;
  return job->result == 0 ? bytes_value(env, job->bytes, job->length) : number_value(env, (uint32_t)job->result);
}

static struct cng_job *new_job(void (*run)(struct job *job)) {
  struct cng_job *job = calloc(1, sizeof *job);
  if (job == NULL) return NULL;
  job->job.run = run;
  job->job.result = answered;
  return job;
}

static napi_value cng_implementation(napi_env env, napi_callback_info info) {
  (void)info;
  struct cng_job *job = new_job(run_implementation);
  return job == NULL ? refuse(env, "no memory") : start_job(env, &job->job, NULL, "cngImplementation");
}

static napi_value cng_public_key(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct cng_job *job = new_job(run_public_key);
  if (job == NULL || !read_arguments(env, info, arguments, 2) || !read_wide(env, arguments[0], job->name, MOST_NAME_WORDS) ||
      napi_get_value_bool(env, arguments[1], &job->create) != napi_ok) {
    free(job);
    return refuse(env, "expected a name and a boolean");
  }
  return start_job(env, &job->job, NULL, "cngPublicKey");
}

static napi_value cng_sign(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  uint8_t *digest;
  size_t length;
  struct cng_job *job = new_job(run_sign);
  if (job == NULL || !read_arguments(env, info, arguments, 2) || !read_wide(env, arguments[0], job->name, MOST_NAME_WORDS) ||
      !read_bytes(env, arguments[1], &digest, &length) || length != DIGEST_BYTES) {
    free(job);
    return refuse(env, "expected a name and 32 bytes");
  }
  memcpy(job->digest, digest, DIGEST_BYTES);
  return start_job(env, &job->job, NULL, "cngSign");
}

void register_cng(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"cngImplementation", cng_implementation},
      {"cngPublicKey", cng_public_key},
      {"cngSign", cng_sign},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
