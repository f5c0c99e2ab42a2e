/* A shell in a container, on a terminal of the container's own: what runs there can't reach yours.
 *
 *     shell ROOT
 *
 * Nothing that is done in it changes ROOT.
 */
#include <furnace.h>

#include <stdio.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
    furnace_builder *builder = NULL;
    furnace_container *container = NULL;
    furnace_error *error = NULL;
    int status = 0;
    int code;

    if (argc != 2) {
        fprintf(stderr, "usage: shell ROOT\n");
        return 125;
    }

    if (furnace_builder_new(argv[1], &builder, &error) < 0 ||
        furnace_builder_set_ephemeral(builder, true, &error) < 0 ||
        furnace_builder_start(builder, &container, &error) < 0 ||
        furnace_container_shell(container, NULL, NULL, &status, &error) < 0) {
        fprintf(stderr, "shell: %s\n", furnace_error_message(error));
        furnace_error_free(error);
        code = 125;
    } else {
        code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    furnace_container_free(container);
    furnace_builder_free(builder);
    return code;
}
