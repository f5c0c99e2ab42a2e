/* Misbehaves. Argument: `many` fills the container with processes that stop each other, `flood` writes for ever,
   `traced` leaves a traced and a stopped child. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void sleep_for_ever(void)
{
    for (int signal = 1; signal < 65; signal++)
        if (signal != SIGCHLD)
            (void)sigaction(signal, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
    for (;;)
        pause();
}

static char page[65536];

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    while (!strcmp(how, "flood"))
        if (write(1, page, sizeof page) < 0) {}
    if (!strcmp(how, "many"))
        for (int i = 0; i < 300; i++) {
            pid_t child = fork();
            if (child == 0 && i % 3 == 0)
                setsid();
            if (child == 0)
                sleep_for_ever();
            if (i % 2)
                kill(child, SIGSTOP);
        }
    if (!strcmp(how, "traced")) {
        pid_t traced = fork();
        if (traced == 0) {
            ptrace(PTRACE_TRACEME, 0, 0, 0);
            raise(SIGSTOP);
            sleep_for_ever();
        }
        waitpid(traced, NULL, 0);
        ptrace(PTRACE_SETOPTIONS, traced, 0, PTRACE_O_TRACEEXIT);
        pid_t stopped = fork();
        if (stopped == 0)
            sleep_for_ever();
        kill(stopped, SIGSTOP);
    }
    puts("ready");
    fflush(stdout);
    sleep_for_ever();
}
