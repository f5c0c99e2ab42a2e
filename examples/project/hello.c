/* Says hello from a container: hello-c ROOT */
#include <furnace.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    furnace_builder *builder = NULL;
    furnace_container *container = NULL;
    furnace_command *command = NULL;
    furnace_error *error = NULL;
    int status = 1;

    if (argc != 2) {
        fprintf(stderr, "usage: hello-c ROOT\n");
        return 1;
    }
    if (furnace_builder_new(argv[1], &builder, &error) < 0 ||
        furnace_builder_start(builder, &container, &error) < 0 ||
        furnace_container_command(container, "echo", &command, &error) < 0 ||
        furnace_command_add_arg(command, "hello from C", &error) < 0 ||
        furnace_command_run(command, &status, &error) < 0)
        fprintf(stderr, "hello-c: %s\n", furnace_error_message(error));

    furnace_error_free(error);
    furnace_command_free(command);
    furnace_container_free(container);
    furnace_builder_free(builder);
    return status == 0 ? 0 : 1;
}
