/* Threads on one container, on one child, and on handles of their own. */

#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

enum { ROUNDS = 40 };

static furnace_container *container;

/* Each in a command of its own, all in one container. */
static void *runs(void *argument)
{
    for (int round = 0; round < ROUNDS; round++) {
        char line[64];
        snprintf(line, sizeof(line), "exit %d", (int)(*(int *)argument + round) % 100);
        furnace_command *command = a_shell(container, line);
        int status;
        OK(furnace_command_run(command, &status, &error));
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (*(int *)argument + round) % 100);
        furnace_command_free(command);
        FAILS(furnace_container_unmount(container, "/nothing", &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    }
    return NULL;
}

static void *mounts(void *argument)
{
    furnace_mount *mount;
    OK(furnace_mount_new_tmpfs(argument, &mount, &error));
    for (int round = 0; round < ROUNDS; round++) {
        OK(furnace_container_mount(container, mount, &error));
        OK(furnace_container_unmount(container, argument, &error));
    }
    furnace_mount_free(mount);
    return NULL;
}

/* One child, on which several wait and one kills. */
static void *waits(void *child)
{
    int status;
    OK(furnace_child_wait(child, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    return NULL;
}

static void *tries(void *child)
{
    int status;
    bool ended = false;
    while (!ended)
        OK(furnace_child_wait_timeout(child, 1, &ended, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    return NULL;
}

/* A container of its own. */
static void *starts(void *argument)
{
    const furnace_builder *builder = argument;
    for (int round = 0; round < ROUNDS / 4; round++) {
        furnace_container *own;
        OK(furnace_builder_start(builder, &own, &error));
        OK(furnace_container_stop(own, &error));
        furnace_container_free(own);
    }
    return NULL;
}

static pthread_t started[8];
static int count;

static void in_a_thread(void *(*what)(void *), void *argument)
{
    CHECK(pthread_create(&started[count++], NULL, what, argument) == 0);
}

static void all_end(void)
{
    while (count > 0)
        CHECK(pthread_join(started[--count], NULL) == 0);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    container = a_container();
    int numbers[] = {0, 50};
    char one[] = "/mnt/one", two[] = "/mnt/two";
    in_a_thread(runs, &numbers[0]);
    in_a_thread(runs, &numbers[1]);
    in_a_thread(mounts, one);
    in_a_thread(mounts, two);
    all_end();

    furnace_command *command = a_shell(container, "read line");
    OK(furnace_command_set_stream_pipe(command, 0, &error));
    furnace_child *child;
    OK(furnace_command_spawn(command, &child, &error));
    furnace_command_free(command);
    int input;
    OK(furnace_child_take_stream(child, 0, &input, &error));
    in_a_thread(waits, child);
    in_a_thread(waits, child);
    in_a_thread(tries, child);
    OK(furnace_child_kill(child, SIGUSR1, &error));
    all_end();
    furnace_child_free(child);

    furnace_builder *builder = a_builder();
    in_a_thread(starts, builder);
    in_a_thread(starts, builder);
    all_end();
    furnace_builder_free(builder);

    /* A stop ends what others wait for. */
    command = a_shell(container, "kill -STOP $$");
    OK(furnace_command_spawn(command, &child, &error));
    furnace_command_free(command);
    OK(furnace_container_stop(container, &error));
    int status;
    OK(furnace_child_wait(child, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    furnace_child_free(child);
    furnace_container_free(container);
    return 0;
}
