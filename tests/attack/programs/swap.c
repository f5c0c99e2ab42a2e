/* Exchanges each of its arguments with each of `/link-0` to `/link-3`, all the time. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    struct pollfd input = { .fd = 0, .events = POLLIN };
    char link[] = "/link-0";
    puts("ready");
    fflush(stdout);
    while (poll(&input, 1, 0) == 0)
        for (link[6] = '0'; link[6] < '4'; link[6]++)
            for (int i = 1; i < count; i++)
                for (int twice = 0; twice < 2; twice++) {
                    renameat2(AT_FDCWD, link, AT_FDCWD, arguments[i], RENAME_EXCHANGE);
                    usleep(50);
                }
    return 0;
}
