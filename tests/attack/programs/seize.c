/* Interferes with PID 1. Argument: `trace` stops it for good, `tell` speaks into its socket, `shut` closes that. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    int process = syscall(SYS_pidfd_open, 1, 0), socket, status;
    char garbage[5000] = "";
    switch (count > 1 ? arguments[1][1] : 0) {
    case 'r':
        if (ptrace(PTRACE_SEIZE, 1, 0, 0) == 0 && ptrace(PTRACE_INTERRUPT, 1, 0, 0) == 0)
            waitpid(1, &status, __WALL);
        break;
    case 'e':
        socket = syscall(SYS_pidfd_getfd, process, 0, 0);
        if (write(socket, garbage, sizeof garbage) < 0) {}
        break;
    default:
        socket = syscall(SYS_pidfd_getfd, process, 0, 0);
        shutdown(socket, SHUT_RDWR);
    }
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
