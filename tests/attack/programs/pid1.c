/* Looks for strings of the host in all that PID 1 shows. Arguments: the strings. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char bytes[1 << 20];

static void search(char **needles, const char *where, size_t length)
{
    for (char **needle = needles; *needle; needle++)
        if (memmem(bytes, length, *needle, strlen(*needle)))
            printf("found: %s in %s\n", *needle, where);
}

int main(int count, char **arguments)
{
    static const char *files[] = { "environ", "cmdline", "maps", "comm", "status", "stat", "auxv", "numa_maps", "limits" };
    static const char *links[] = { "cwd", "root", "exe", "fd/0" };
    char path[64];
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "/proc/1/%s", files[i]);
        int file = open(path, O_RDONLY);
        ssize_t length = read(file, bytes, sizeof bytes);
        if (length > 0)
            search(arguments + 1, files[i], length);
        if (length > 0 && !strcmp(files[i], "environ"))
            printf("found: an environment\n");
        if (length > 0 && !strcmp(files[i], "cmdline"))
            printf("cmdline %s\n", bytes);
        close(file);
    }
    for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
        snprintf(path, sizeof path, "/proc/1/%s", links[i]);
        ssize_t length = readlink(path, bytes, sizeof bytes);
        if (length > 0)
            search(arguments + 1, links[i], length);
        if (length > 0)
            printf("%s %.*s\n", links[i], (int)length, bytes);
    }
    int memory = open("/proc/1/mem", O_RDONLY);
    FILE *maps = fopen("/proc/1/maps", "r");
    char line[512];
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        sscanf(line, "%lx-%lx", &from, &to);
        ssize_t got = pread(memory, bytes, to - from < sizeof bytes ? to - from : sizeof bytes, from);
        if (got > 0)
            search(arguments + 1, "memory", got);
    }
    FILE *mounts = fopen("/proc/1/mountinfo", "r");
    while (fgets(line, sizeof line, mounts)) {
        char point[256] = "";
        sscanf(line, "%*d %*d %*s %*s %255s", point);
        printf("mount %s\n", point);
    }
    return count < 2;
}
