/* Looks at all mounts, again and again, for one that has only lain over the root since the watch began. Argument:
   `share` has every mount tell its copies of what is mounted below it, `cover` mounts something over the root. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static char text[1 << 16];

static int over_the_root(int mounts)
{
    int number = 0;
    ssize_t got = pread(mounts, text, sizeof text - 1, 0);
    text[got < 0 ? 0 : got] = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char at[256] = "";
        sscanf(line, "%*d %*d %*s %*s %255s", at);
        number += !strcmp(at, "/");
    }
    return number;
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    struct pollfd input = { .fd = 0, .events = POLLIN };
    int mounts = open("/proc/self/mountinfo", O_RDONLY), looked = 0;
    if (!strcmp(how, "share") && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL))
        return 1;
    if (!strcmp(how, "cover") && mount("cover", "/", "tmpfs", 0, NULL))
        return 1;
    int before = over_the_root(mounts);
    puts("ready");
    fflush(stdout);
    for (; poll(&input, 1, 0) == 0; looked++)
        if (over_the_root(mounts) > before)
            puts("found something over the root");
    printf("looked %d\n", looked);
    return 0;
}
