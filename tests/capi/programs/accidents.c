/* What programs do to a library: they fork, ignore SIGCHLD, run out of descriptors, and use what is no more. */

#include "check.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A forked copy of the process can't use the container, and does not end it. */
static void forked(void)
{
    furnace_container *container = a_container();
    furnace_command *command = a_shell(container, "exit 3");
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        int status;
        furnace_mount *mount;
        FAILS(furnace_container_stop(container, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
        CHECK(furnace_command_run(command, &status, NULL) < 0);
        OK(furnace_mount_new_tmpfs("/mnt", &mount, &error));
        CHECK(furnace_container_mount(container, mount, NULL) < 0);
        furnace_mount_free(mount);
        furnace_command_free(command);
        furnace_container_free(container);
        /* Another can be had here. */
        container = a_container();
        command = a_shell(container, "exit 4");
        OK(furnace_command_run(command, &status, &error));
        CHECK(WEXITSTATUS(status) == 4);
        furnace_command_free(command);
        furnace_container_free(container);
        exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    furnace_command_free(command);
    furnace_container_free(container);
}

static void sigchld_ignored(void)
{
    signal(SIGCHLD, SIG_IGN);
    furnace_container *container = a_container();
    furnace_command *command = a_shell(container, "exit 3");
    int status;
    int result = furnace_command_run(command, &status, &error);
    if (result == 0)
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    else
        FAILS(result, ECHILD, FURNACE_ERROR_STATUS_LOST);
    furnace_command_free(command);
    furnace_container_free(container);
    signal(SIGCHLD, SIG_DFL);
}

static void no_descriptors(void)
{
    furnace_container *container = a_container();
    furnace_command *command = a_shell(container, "exit 3");
    furnace_builder *builder = a_builder();
    struct rlimit before, none;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = before;
    /* All below the limit are open. */
    int own[64], count = 0;
    while ((own[count] = dup(0)) < 50)
        count++;
    close(own[count]);
    none.rlim_cur = 50;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    int status;
    furnace_child *child = NULL;
    furnace_container *other = NULL;
    furnace_terminal *terminal = NULL;
    FAILS(furnace_command_set_stream_fd(command, 0, 0, &error), EMFILE, FURNACE_ERROR_RESOURCE_EXHAUSTED);
    FAILS(furnace_command_run(command, &status, &error), EMFILE, FURNACE_ERROR_RESOURCE_EXHAUSTED);
    FAILS(furnace_command_spawn(command, &child, &error), EMFILE, FURNACE_ERROR_RESOURCE_EXHAUSTED);
    FAILS(furnace_builder_start(builder, &other, &error), EMFILE, FURNACE_ERROR_RESOURCE_EXHAUSTED);
    FAILS(furnace_container_terminal(container, &terminal, &error), EMFILE, FURNACE_ERROR_RESOURCE_EXHAUSTED);
    CHECK(!child && !other && !terminal);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    while (count > 0)
        close(own[--count]);
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    furnace_builder_free(builder);
    furnace_command_free(command);
    furnace_container_free(container);
}

/* A command outlives its container, but has nowhere to run. */
static void outlived(void)
{
    furnace_container *container = a_container();
    furnace_command *command = a_shell(container, "exit 3");
    furnace_terminal *terminal;
    OK(furnace_container_terminal(container, &terminal, &error));
    furnace_container_free(container);
    int status;
    FAILS(furnace_command_run(command, &status, &error), ESRCH, FURNACE_ERROR_ENDED);
    OK(furnace_command_add_arg(command, "more", &error));
    OK(furnace_command_set_terminal(command, terminal, &error));
    furnace_terminal_free(terminal);
    FAILS(furnace_command_run(command, &status, &error), ESRCH, FURNACE_ERROR_ENDED);
    furnace_command_free(command);
}

/* PID 1 is killed: the container has ended, and is freed as any other. */
static void killed(void)
{
    furnace_container *container = a_container();
    furnace_command *command = a_shell(container, "read line");
    OK(furnace_command_set_stream_pipe(command, 0, &error));
    furnace_child *child;
    OK(furnace_command_spawn(command, &child, &error));
    /* A wait would close it, and end the child so. */
    int input, status;
    OK(furnace_child_take_stream(child, 0, &input, &error));
    CHECK(kill(furnace_container_pid(container), SIGKILL) == 0);
    OK(furnace_child_wait(child, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(input);
    furnace_child *second = NULL;
    FAILS(furnace_command_spawn(command, &second, &error), ESRCH, FURNACE_ERROR_ENDED);
    CHECK(!second);
    OK(furnace_container_stop(container, &error));
    furnace_child_free(child);
    furnace_command_free(command);
    furnace_container_free(container);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    forked();
    sigchld_ignored();
    no_descriptors();
    outlived();
    killed();
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    return 0;
}
