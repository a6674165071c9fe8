/* The name of the folder that holds what came from a cgroup, so that a release puts it back there. */
#ifndef CGROUP_ORIGIN_H
#define CGROUP_ORIGIN_H

/* With the NUL: a folder's name has at most 255 bytes. */
#define CGROUP_ORIGIN_ROOM 256

/*
 * `@` and the path from the root of the hierarchy, without its first slash, `|` for `/`. A path that is too long, or with a `|` of
 * its own, gives the nearest group above that has such a name: users choose names of groups, and must not come out at the root.
 * src/system/cgroups/cgroup-origin.ts reads it.
 */
void cgroup_origin_name(const char *path, char *to);

#endif
