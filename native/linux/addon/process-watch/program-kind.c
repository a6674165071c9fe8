#include "program-kind.h"

#include <elf.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEAD_BYTES 4096

static int is_ours(const unsigned char *head, size_t bytes, uint16_t *machine) {
  if (bytes < sizeof(Elf64_Ehdr) || memcmp(head, ELFMAG, SELFMAG) != 0 || head[EI_DATA] != ELFDATA2LSB) return 0;
  memcpy(machine, head + offsetof(Elf64_Ehdr, e_machine), sizeof *machine);
#if defined(__x86_64__)
  return *machine == EM_X86_64 || *machine == EM_386;
#elif defined(__aarch64__)
  return *machine == EM_AARCH64 || *machine == EM_ARM;
#else
  return 1;
#endif
}

/* Offset of the linker's name and its length, 0 when it has none. -1 when its headers lie elsewhere. */
static long linker_at(const unsigned char *head, size_t bytes, size_t *length) {
  uint64_t offset;
  unsigned count, size;
  int wide = head[EI_CLASS] == ELFCLASS64;
  if (wide) {
    Elf64_Ehdr header;
    memcpy(&header, head, sizeof header);
    offset = header.e_phoff, count = header.e_phnum, size = sizeof(Elf64_Phdr);
  } else {
    Elf32_Ehdr header;
    memcpy(&header, head, sizeof header);
    offset = header.e_phoff, count = header.e_phnum, size = sizeof(Elf32_Phdr);
  }
  for (unsigned i = 0; i < count; i++, offset += size) {
    if (offset > bytes || bytes - offset < size) return -1;
    if (wide) {
      Elf64_Phdr part;
      memcpy(&part, head + offset, sizeof part);
      if (part.p_type != PT_INTERP) continue;
      *length = part.p_filesz;
      return part.p_offset > LONG_MAX ? -1 : (long)part.p_offset;
    }
    Elf32_Phdr part;
    memcpy(&part, head + offset, sizeof part);
    if (part.p_type != PT_INTERP) continue;
    *length = part.p_filesz;
    return (long)part.p_offset;
  }
  *length = 0;
  return 0;
}

static const char *base_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

enum program_kind program_kind_of(int fd, char linker[LINKER_MOST]) {
  unsigned char head[HEAD_BYTES];
  char name[256] = "";
  uint16_t machine;
  size_t length = 0;
  ssize_t bytes = pread(fd, head, sizeof head, 0);
  linker[0] = '\0';
  if (bytes >= 2 && head[0] == '#' && head[1] == '!') return SCRIPT;
  if (bytes < 0 || !is_ours(head, (size_t)bytes, &machine)) return OTHER;
  long at = linker_at(head, (size_t)bytes, &length);
  if (at == 0 || length == 0) {
    uint16_t type;
    memcpy(&type, head + offsetof(Elf64_Ehdr, e_type), sizeof type);
    return at < 0 ? LINKED : type == ET_EXEC ? WHOLE : SHARED;
  }
  if (at > 0 && pread(fd, name, length < sizeof name ? length : sizeof name - 1, at) > 0)
    snprintf(linker, LINKER_MOST, "%.63s", base_of(name));
  return LINKED;
}

int program_links(const char *linker, const char *path) {
  const char *name = base_of(path);
  return strcmp(name, linker) == 0 || strncmp(name, "ld-", 3) == 0 || strncmp(name, "ld.so", 5) == 0 ||
         strncmp(name, "libc.so", 7) == 0;
}
