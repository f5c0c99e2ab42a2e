/* Start, run, stop. */

#include "check.h"

#include <sys/wait.h>

int main(int argc, char **argv)
{
    begin(argc, argv);
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
