/* A shell and other commands for people, at the other end of whose terminal this program sits. */

#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int screen, line;

/* What is typed there, once the prompt is shown; then all that is shown. */
struct person {
    const char *prompt, *types;
    char shown[8192];
};

static void *sits(void *argument)
{
    struct person *person = argument;
    size_t length = 0;
    bool typed = false;
    while (length < sizeof(person->shown) - 1) {
        ssize_t more = read(screen, person->shown + length, sizeof(person->shown) - 1 - length);
        if (more <= 0)
            break;
        length += (size_t)more;
        person->shown[length] = 0;
        if (!typed && strstr(person->shown, person->prompt)) {
            CHECK(write(screen, person->types, strlen(person->types)) > 0);
            typed = true;
        }
        if (strstr(person->shown, "<done>"))
            break;
    }
    return NULL;
}

static pthread_t begin_with(struct person *person)
{
    pthread_t thread;
    CHECK(openpty(&screen, &line, NULL, NULL, NULL) == 0);
    CHECK(pthread_create(&thread, NULL, sits, person) == 0);
    return thread;
}

static void end_with(pthread_t thread)
{
    CHECK(write(line, "<done>", 6) == 6);
    CHECK(pthread_join(thread, NULL) == 0);
    close(screen);
    close(line);
}

static furnace_console *on_the_line(void)
{
    furnace_console *console;
    OK(furnace_console_new(&console, &error));
    OK(furnace_console_set_streams(console, line, line, line, &error));
    return console;
}

static void shell(const furnace_container *container)
{
    static struct person person = {"furnace-debug@smithy", "echo $NAME-$((40 + 2)); id -u; pwd; tty; exit 7\n", {0}};
    pthread_t thread = begin_with(&person);
    furnace_shell_options *options;
    OK(furnace_shell_options_new(&options, &error));
    OK(furnace_shell_options_set_hostname(options, "smithy", &error));
    OK(furnace_shell_options_set_colours(options, false, &error));
    OK(furnace_shell_options_set_env(options, "LOST", "x", &error));
    OK(furnace_shell_options_clear_env(options, &error));
    OK(furnace_shell_options_set_env(options, "PATH", "/bin", &error));
    OK(furnace_shell_options_set_env(options, "NAME", "value$LOST", &error));
    OK(furnace_shell_options_set_env(options, "GONE", "x", &error));
    OK(furnace_shell_options_unset_env(options, "GONE", &error));
    OK(furnace_shell_options_set_current_dir(options, "/bin", &error));
    OK(furnace_shell_options_set_uid(options, 1234, &error));
    OK(furnace_shell_options_set_gid(options, 1235, &error));
    const gid_t groups[] = {1236};
    OK(furnace_shell_options_set_groups(options, groups, 1, &error));
    FAILS(furnace_shell_options_set_groups(options, NULL, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    const char *const no_args[] = {NULL};
    OK(furnace_shell_options_add_args(options, no_args, &error));
    furnace_console *console = on_the_line();
    CHECK(furnace_console_wants_terminal(console));
    int status;
    /* Any number of times, but here once. */
    OK(furnace_container_shell(container, options, console, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    furnace_shell_options_free(options);
    furnace_console_free(console);
    end_with(thread);
    CHECK(strstr(person.shown, "value$LOST-42") && strstr(person.shown, "1234") && strstr(person.shown, "/bin"));
    CHECK(strstr(person.shown, "/dev/pts/"));
}

static void any_command(const furnace_container *container)
{
    static struct person person = {"ask", "an answer\n", {0}};
    pthread_t thread = begin_with(&person);
    furnace_console *console = on_the_line();
    furnace_command *command = a_shell(container, "echo ask; read line; echo \"<$line>\"; tty > /dev/null && exit 5");
    int status;
    OK(furnace_console_run(console, container, command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    furnace_command_free(command);
    furnace_restore_terminals();

    OK(furnace_container_command(container, "no-such-program", &command, &error));
    FAILS(furnace_console_run(console, container, command, &status, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_command_free(command);
    furnace_console_free(console);
    end_with(thread);
    CHECK(strstr(person.shown, "<an answer>"));
}

/* Signals that this process has caught. */
static int waiting[] = {FURNACE_EVENT_RESIZED, FURNACE_EVENT_PASS_ON, FURNACE_EVENT_NONE};
static size_t next_event;
static int wakes[2];

static int take(int *signal, void *data)
{
    CHECK(data == waiting);
    int event = waiting[next_event];
    if (event == FURNACE_EVENT_NONE) {
        char byte;
        while (read(wakes[0], &byte, 1) > 0)
            ;
        return event;
    }
    next_event++;
    *signal = SIGUSR1;
    return event;
}

static void yielded(int event, int signal, void *data)
{
    (void)event, (void)signal, (void)data;
    CHECK(!"nothing is yielded to");
}

static void signals(const furnace_container *container)
{
    static struct person person = {"never", "", {0}};
    pthread_t thread = begin_with(&person);
    CHECK(pipe2(wakes, O_CLOEXEC | O_NONBLOCK) == 0);
    furnace_console *console = on_the_line();
    FAILS(furnace_console_set_signals(console, -1, take, yielded, waiting, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_console_set_signals(console, wakes[0], take, yielded, waiting, &error));
    furnace_command *command;
    OK(furnace_container_command(container, "sleep", &command, &error));
    OK(furnace_command_add_arg(command, "1000", &error));
    CHECK(write(wakes[1], "x", 1) == 1);
    int status;
    OK(furnace_console_run(console, container, command, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    furnace_command_free(command);
    furnace_console_free(console);
    close(wakes[0]);
    close(wakes[1]);
    end_with(thread);
}

/* Without a terminal: as it is, and told so. */
static void apart(const furnace_container *container)
{
    int into[2], nothing = open("/dev/null", O_RDWR);
    CHECK(pipe2(into, O_CLOEXEC) == 0);
    furnace_console *console;
    OK(furnace_console_new(&console, &error));
    FAILS(furnace_console_set_streams(console, nothing, -1, nothing, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_console_set_streams(console, nothing, nothing, 100000, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_console_set_streams(console, nothing, into[1], nothing, &error));
    OK(furnace_console_set_typed(console, true, &error));
    CHECK(!furnace_console_wants_terminal(console));
    OK(furnace_console_set_terminal(console, true, &error));
    CHECK(furnace_console_wants_terminal(console));
    OK(furnace_console_set_terminal(console, false, &error));
    close(into[1]);
    furnace_command *command = a_shell(container, "tty; exit 3");
    int status;
    OK(furnace_console_run(console, container, command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    furnace_command_free(command);
    furnace_console_free(console);
    char bytes[64] = {0};
    CHECK(read(into[0], bytes, sizeof(bytes)) > 0 && strcmp(bytes, "not a tty\n") == 0);
    close(into[0]);
    close(nothing);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    furnace_builder *builder = a_builder();
    OK(furnace_builder_set_own_session(builder, true, &error));
    furnace_container *container;
    OK(furnace_builder_start(builder, &container, &error));
    furnace_builder_free(builder);
    shell(container);
    any_command(container);
    signals(container);
    apart(container);
    OK(furnace_container_stop(container, &error));
    int status;
    furnace_console *console;
    OK(furnace_console_new(&console, &error));
    OK(furnace_console_set_terminal(console, false, &error));
    FAILS(furnace_container_shell(container, NULL, console, &status, &error), ESRCH, FURNACE_ERROR_ENDED);
    furnace_console_free(console);
    furnace_container_free(container);
    return 0;
}
