/* Start, run, stop. */

#include "check.h"

#include <sys/wait.h>

static void ahead(void)
{
    furnace_builder *builder = a_builder();
    OK(furnace_builder_set_terminals(builder, false, &error));
    furnace_container *container;
    OK(furnace_builder_start_ahead(builder, &container, &error));
    furnace_command *command = a_shell(container, "exit 3");
    int status;
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    furnace_command_free(command);
    furnace_container_free(container);

    /* What can't be made is told by whatever is done first: a bind needs a place that can be made. */
    OK(furnace_builder_add_bind(builder, "/etc", "/bin/sh/no/directory", &error));
    OK(furnace_builder_start_ahead(builder, &container, &error));
    command = a_shell(container, "exit 3");
    furnace_child *child = NULL;
    int result = furnace_command_spawn(command, &child, &error);
    CHECK(furnace_error_phase(error) == FURNACE_PHASE_START && furnace_error_step(error) > 0 && !child);
    FAILS(result, ENOTDIR, FURNACE_ERROR_NOT_A_DIRECTORY);
    furnace_command_free(command);
    furnace_container_free(container);
    furnace_builder_free(builder);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    ahead();
    furnace_container *container = a_container();
    furnace_command *command = a_shell(container, "exit 3");
    int status;
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    furnace_command_free(command);
    OK(furnace_container_stop(container, &error));
    furnace_container_free(container);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    return 0;
}
