/* Sends signals as far as they reach. Argument: `group` or `all` kills, `owner` has the kernel send one to the group. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    if (!strcmp(how, "group"))
        kill(0, SIGKILL);
    if (!strcmp(how, "all"))
        kill(-1, SIGKILL);
    if (!strcmp(how, "owner")) {
        int pair[2];
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        fcntl(pair[0], F_SETSIG, SIGKILL);
        fcntl(pair[0], F_SETOWN, -getpgrp());
        fcntl(pair[0], F_SETFL, O_ASYNC);
        if (write(pair[1], "x", 1) < 0) {}
        sleep(1);
    }
    return 0;
}
