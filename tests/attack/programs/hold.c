/* Holds newcomers up. Argument: `stop` leaves each stopped, `pipe` keeps a copy of what it reports in for ever,
   `trace` attaches to each and never lets it go on. */
#include <sys/ptrace.h>

int main(int count, char **arguments)
{
    char how = count > 1 ? arguments[1][0] : 's';
    int pid;
    ready();
    while ((pid = next_newcomer(SIGSTOP))) {
        newborn += is_newborn(pid);
        if (how == 't')
            ptrace(PTRACE_SEIZE, pid, 0, 0);
        if (how == 'p') {
            int process = syscall(SYS_pidfd_open, pid, 0);
            for (int fd = 0; fd < 64; fd++)
                syscall(SYS_pidfd_getfd, process, fd, 0);
            close(process);
            kill(pid, SIGCONT);
        }
    }
    return summary();
}
