/* Handles are freed in any order: all of them that there are of six. */

#include "check.h"

#include <sys/wait.h>

enum { HANDLES = 6 };

static void round_of(const int *order)
{
    furnace_builder *builder = a_builder();
    furnace_container *container;
    OK(furnace_builder_start(builder, &container, &error));
    furnace_terminal *terminal;
    OK(furnace_container_terminal(container, &terminal, &error));
    furnace_command *command = a_shell(container, "exit 3");
    OK(furnace_command_set_terminal(command, terminal, &error));
    furnace_child *child;
    OK(furnace_command_spawn(command, &child, &error));
    furnace_error *kept = NULL;
    CHECK(furnace_command_set_umask(NULL, 0, &kept) == -EINVAL);
    for (int i = 0; i < HANDLES; i++)
        switch (order[i]) {
        case 0:
            furnace_builder_free(builder);
            break;
        case 1:
            furnace_container_free(container);
            break;
        case 2:
            furnace_terminal_free(terminal);
            break;
        case 3:
            furnace_command_free(command);
            break;
        case 4:
            furnace_child_free(child);
            break;
        case 5:
            furnace_error_free(kept);
            break;
        }
}

static void all_from(int *order, int first)
{
    if (first == HANDLES)
        round_of(order);
    for (int i = first; i < HANDLES; i++) {
        int swapped = order[first];
        order[first] = order[i], order[i] = swapped;
        all_from(order, first + 1);
        order[i] = order[first], order[first] = swapped;
    }
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    int order[HANDLES] = {0, 1, 2, 3, 4, 5};
    all_from(order, 0);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    return 0;
}
