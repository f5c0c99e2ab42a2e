/* Records that it ran, and what it could see of the host. MARKER is a directory of the host. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

int main(int count, char **arguments)
{
    FILE *record = fopen("/record", "ae");
    static const char *ways[] = { "", "/proc/1/root", "/proc/1/cwd", "/old_root", "/proc/self/cwd/../../../..", "/.old" };
    char path[4096];
    int outside = 0, descriptors = 0, variables = 0;
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        snprintf(path, sizeof path, "%s%s", ways[i], MARKER);
        outside += access(path, F_OK) == 0;
    }
    mkdir("/somewhere", 0755);
    if (chroot("/somewhere") == 0) {
        for (int i = 0; i < 64; i++)
            if (chdir("..") < 0) {}
        outside += chroot(".") == 0 && access(MARKER, F_OK) == 0;
    }
    for (int fd = 3; fd < 1024; fd++)
        descriptors += fcntl(fd, F_GETFD) >= 0 && fd != fileno(record);
    for (char **variable = environ; *variable; variable++)
        variables += strncmp(*variable, "PATH=", 5) != 0;
    fprintf(record, "%s: pid %s, outside %d, descriptors %d, variables %d\n", strrchr(arguments[0], '/') + 1,
            getppid() == 0 && getpid() > 1 ? "inside" : "outside", outside, descriptors, variables);
    fclose(record);
#ifdef FOR_EVER
    open("/alive", O_WRONLY);
    for (;;)
        pause();
#endif
    return count < 0;
}
