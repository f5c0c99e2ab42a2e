/* Runs a command in a container, and ends as the command did.
 *
 *     run ROOT COMMAND [ARG...]
 */
#include <furnace.h>

#include <stdio.h>
#include <sys/wait.h>

/* All that can fail gives 0 or a negative errno, and an error object that has the words. */
static int failed(furnace_error *error)
{
    fprintf(stderr, "run: %s\n", furnace_error_message(error));
    furnace_error_free(error);
    return 125;
}

int main(int argc, char **argv)
{
    furnace_builder *builder = NULL;
    furnace_container *container = NULL;
    furnace_command *command = NULL;
    furnace_error *error = NULL;
    int status = 0;
    int code;

    if (argc < 3) {
        fprintf(stderr, "usage: run ROOT COMMAND [ARG...]\n");
        return 125;
    }

    if (furnace_builder_new(argv[1], &builder, &error) < 0 ||
        furnace_builder_set_isolate_network(builder, true, &error) < 0 ||
        furnace_builder_start(builder, &container, &error) < 0 ||
        furnace_container_command(container, argv[2], &command, &error) < 0 ||
        furnace_command_add_args(command, (const char *const *)argv + 3, &error) < 0 ||
        furnace_command_run(command, &status, &error) < 0)
        code = failed(error);
    else
        code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

    /* Freeing NULL does nothing. Freeing the container ends everything inside. */
    furnace_command_free(command);
    furnace_container_free(container);
    furnace_builder_free(builder);
    return code;
}
