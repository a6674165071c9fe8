/* What a file that is opened to be run is, by its first bytes. See elf(5). */
#ifndef PROGRAM_KIND_H
#define PROGRAM_KIND_H

/* With the NUL that ends it. */
#define LINKER_MOST 64

/* A program that is LINKED opens the dynamic linker too; a SCRIPT opens its interpreter. SHARED is the linker, or a program
   that needs none and lies anywhere: which of them, nobody can tell. */
enum program_kind { SCRIPT, LINKED, WHOLE, SHARED, OTHER };

/* The name of what links it into `linker`, empty where nothing does or nobody can tell. */
enum program_kind program_kind_of(int fd, char linker[LINKER_MOST]);

/* By its name: what links has the name that the program asks for, or is the file that this name stands for: `ld-2.31.so`. */
int program_links(const char *linker, const char *path);

#endif
