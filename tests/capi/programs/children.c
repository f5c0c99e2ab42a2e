/* Children: waiting in every way, signals, pipes, and what becomes of them when the container ends. */

#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static furnace_container *container;

static furnace_child *a_child(const char *line)
{
    furnace_command *command = a_shell(container, line);
    OK(furnace_command_set_stream_pipe(command, 0, &error));
    OK(furnace_command_set_stream_pipe(command, 1, &error));
    furnace_child *child;
    OK(furnace_command_spawn(command, &child, &error));
    furnace_command_free(command);
    return child;
}

static void waiting(void)
{
    furnace_child *child = a_child("read line; echo $line; exit 4");
    bool ended = true;
    int status = -7, input, output;
    CHECK(kill(furnace_child_pid(child), 0) == 0);
    OK(furnace_child_take_stream(child, 0, &input, &error));
    OK(furnace_child_take_stream(child, 1, &output, &error));
    CHECK(fcntl(input, F_GETFD) & FD_CLOEXEC);
    int again = -7;
    FAILS(furnace_child_take_stream(child, 0, &again, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_child_take_stream(child, 2, &again, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_child_take_stream(child, 3, &again, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_child_take_stream(child, -1, &again, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    CHECK(again == -7);
    OK(furnace_child_try_wait(child, &ended, &status, &error));
    CHECK(!ended && status == -7);
    OK(furnace_child_wait_timeout(child, 0, &ended, &status, &error));
    CHECK(!ended && status == -7);
    OK(furnace_child_wait_timeout(child, 1, &ended, &status, &error));
    CHECK(!ended && status == -7);
    struct pollfd watched = {.fd = furnace_child_pidfd(child), .events = POLLIN};
    CHECK(poll(&watched, 1, 0) == 0);
    CHECK(write(input, "hello\n", 6) == 6);
    CHECK(poll(&watched, 1, 60000) == 1);
    OK(furnace_child_wait_timeout(child, UINT64_MAX, &ended, &status, &error));
    CHECK(ended && WIFEXITED(status) && WEXITSTATUS(status) == 4);
    /* As often as one likes. */
    status = -7;
    OK(furnace_child_wait(child, &status, &error));
    CHECK(WEXITSTATUS(status) == 4);
    OK(furnace_child_try_wait(child, &ended, &status, &error));
    CHECK(ended && WEXITSTATUS(status) == 4);
    OK(furnace_child_kill(child, SIGKILL, &error));
    furnace_child_free(child);
    char bytes[16] = {0};
    CHECK(read(output, bytes, sizeof(bytes)) == 6 && strcmp(bytes, "hello\n") == 0);
    close(input);
    close(output);
}

/* A wait closes standard input, if nobody has taken it. */
static void standard_input(void)
{
    furnace_child *child = a_child("cat; exit 6");
    int status;
    OK(furnace_child_wait(child, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 6);
    furnace_child_free(child);

    child = a_child("echo one; cat; echo two >&2; exit 7");
    furnace_output *output;
    OK(furnace_child_wait_with_output(child, &output, &error));
    CHECK(strcmp(furnace_output_stdout(output, NULL), "one\n") == 0);
    CHECK(WEXITSTATUS(furnace_output_status(output)) == 7);
    furnace_output_free(output);
    /* There is no more, but the status stays. */
    OK(furnace_child_wait_with_output(child, &output, &error));
    size_t length = 9;
    furnace_output_stdout(output, &length);
    CHECK(length == 0 && WEXITSTATUS(furnace_output_status(output)) == 7);
    furnace_output_free(output);
    furnace_child_free(child);
}

static void signals(void)
{
    furnace_child *child = a_child("read line");
    FAILS(furnace_child_kill(child, 4000, &error), EINVAL, FURNACE_ERROR_OTHER);
    FAILS(furnace_child_kill(child, -1, &error), EINVAL, FURNACE_ERROR_OTHER);
    FAILS(furnace_child_kill(child, 0, &error), EINVAL, FURNACE_ERROR_OTHER);
    OK(furnace_child_kill(child, SIGTERM, &error));
    int status;
    OK(furnace_child_wait(child, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    furnace_child_free(child);
}

/* A stop reaps what nobody waited for, and the status can still be had. */
static void stopped(void)
{
    furnace_child *running = a_child("read line"), *ended = a_child("exit 9"), *forgotten = a_child("read line");
    furnace_child_free(forgotten);
    struct pollfd watched = {.fd = furnace_child_pidfd(ended), .events = POLLIN};
    CHECK(poll(&watched, 1, 60000) == 1);
    furnace_command *command = a_shell(container, "true");
    OK(furnace_container_stop(container, &error));
    OK(furnace_container_stop(container, &error));
    int status;
    OK(furnace_child_wait(running, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    OK(furnace_child_wait(ended, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    furnace_child *child = NULL;
    FAILS(furnace_command_spawn(command, &child, &error), ESRCH, FURNACE_ERROR_ENDED);
    FAILS(furnace_command_run(command, &status, &error), ESRCH, FURNACE_ERROR_ENDED);
    furnace_output *output = NULL;
    FAILS(furnace_command_output(command, &output, &error), ESRCH, FURNACE_ERROR_ENDED);
    CHECK(!child && !output);
    CHECK(wait(&status) == -1 && errno == ECHILD);
    furnace_command_free(command);
    furnace_child_free(running);
    furnace_child_free(ended);
}

/* Somebody else takes the status. */
static void lost(void)
{
    container = a_container();
    furnace_child *child = a_child("exit 5");
    int status, taken;
    CHECK(waitpid(furnace_child_pid(child), &taken, 0) == furnace_child_pid(child) && WEXITSTATUS(taken) == 5);
    int result = furnace_child_wait(child, &status, &error);
    if (result == 0)
        CHECK(WEXITSTATUS(status) == 5);
    else
        FAILS(result, ECHILD, FURNACE_ERROR_STATUS_LOST);
    furnace_child_free(child);
    furnace_container_free(container);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    container = a_container();
    waiting();
    standard_input();
    signals();
    stopped();
    furnace_container_free(container);
    lost();
    return 0;
}
