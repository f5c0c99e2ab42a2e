/* Standard streams as few programs have them: closed, and with nobody at the other end. */

#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* In their places there is soon something that is nobody's business. */
static void closed(void)
{
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    furnace_container *container = a_container();
    furnace_command *command =
        a_shell(container, "for fd in 0 1 2; do test -e /proc/self/fd/$fd && exit $((10 + fd)); done; exit 5");
    int status;
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);

    furnace_console *console;
    OK(furnace_console_new(&console, &error));
    CHECK(!furnace_console_wants_terminal(console));
    OK(furnace_console_run(console, container, command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    furnace_command_free(command);

    /* On a terminal the input is at its end, and the output goes nowhere. */
    OK(furnace_console_set_terminal(console, true, &error));
    command = a_shell(container, "tty || exit 6; read line && exit 7; exit 5");
    OK(furnace_console_run(console, container, command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    furnace_command_free(command);
    furnace_console_free(console);
    furnace_container_free(container);
}

static void *reads_a_line(void *end)
{
    char bytes[3];
    CHECK(read(*(int *)end, bytes, sizeof(bytes)) > 0);
    close(*(int *)end);
    return NULL;
}

/* SIGPIPE would end this program, and leave the terminal of whoever sits there as it is. */
static void broken(void)
{
    signal(SIGPIPE, SIG_DFL);
    furnace_container *container = a_container();
    furnace_command *command = a_shell(container, "while echo y; do :; done");
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int round = 0; round < 50; round++) {
        int into[2], status;
        pthread_t reader;
        CHECK(pipe2(into, O_CLOEXEC) == 0);
        CHECK(pthread_create(&reader, NULL, reads_a_line, &into[0]) == 0);
        furnace_console *console;
        OK(furnace_console_new(&console, &error));
        OK(furnace_console_set_streams(console, nothing, into[1], nothing, &error));
        OK(furnace_console_set_terminal(console, true, &error));
        OK(furnace_console_run(console, container, command, &status, &error));
        /* The shell may be told by an error before it is by the signal. */
        CHECK(WIFEXITED(status) || WTERMSIG(status) == SIGHUP);
        furnace_console_free(console);
        CHECK(pthread_join(reader, NULL) == 0);
        close(into[1]);
    }
    close(nothing);
    furnace_command_free(command);
    furnace_container_free(container);
}

/* In a process of its own, for what a part does to its streams is done for good. */
static void apart(void (*part)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        part();
        exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    apart(closed);
    apart(broken);
    return 0;
}
