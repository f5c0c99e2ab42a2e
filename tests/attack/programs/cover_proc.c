/* Puts a tmpfs over /proc in which everything leads astray. */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    if (mount("tmpfs", "/proc", "tmpfs", 0, NULL) < 0)
        return 1;
    mkdir("/proc/self", 0755);
    mkdir("/proc/self/fd", 0755);
    mkdir("/proc/1", 0755);
    for (int fd = 0; fd < 16; fd++) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (symlink("/etc/target", path) < 0)
            return 1;
    }
    return symlink("/etc", "/proc/1/root") || symlink("/etc/target", "/proc/self/exe");
}
