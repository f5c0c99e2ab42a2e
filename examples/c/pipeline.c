/* Two commands in a container, piped into each other, and into a file outside.
 *
 *     pipeline ROOT FILE          FILE gets the container's /etc/passwd, compressed
 */
#include <furnace.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void check(int result, furnace_error **error)
{
    if (result < 0) {
        fprintf(stderr, "pipeline: %s\n", furnace_error_message(*error));
        furnace_error_free(*error);
        /* With this process everything in the container ends. */
        exit(1);
    }
}

int main(int argc, char **argv)
{
    furnace_builder *builder;
    furnace_container *container;
    furnace_command *command;
    furnace_child *cat;
    furnace_child *gzip;
    furnace_error *error = NULL;
    int between;
    int file;
    int cat_status;
    int gzip_status;

    if (argc != 3) {
        fprintf(stderr, "usage: pipeline ROOT FILE\n");
        return 1;
    }
    file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        perror(argv[2]);
        return 1;
    }

    check(furnace_builder_new(argv[1], &builder, &error), &error);
    check(furnace_builder_start(builder, &container, &error), &error);
    furnace_builder_free(builder);

    check(furnace_container_command(container, "cat", &command, &error), &error);
    check(furnace_command_add_arg(command, "/etc/passwd", &error), &error);
    check(furnace_command_set_stream_pipe(command, STDOUT_FILENO, &error), &error);
    check(furnace_command_spawn(command, &cat, &error), &error);
    check(furnace_child_take_stream(cat, STDOUT_FILENO, &between, &error), &error);
    furnace_command_free(command);

    /* Descriptors are duplicated when they are given, so they can be closed at once. */
    check(furnace_container_command(container, "gzip", &command, &error), &error);
    check(furnace_command_set_stream_fd(command, STDIN_FILENO, between, &error), &error);
    check(furnace_command_set_stream_fd(command, STDOUT_FILENO, file, &error), &error);
    close(between);
    close(file);
    check(furnace_command_spawn(command, &gzip, &error), &error);
    /* The command holds them, too: cat would not hear of a gzip that ends early. */
    furnace_command_free(command);

    check(furnace_child_wait(cat, &cat_status, &error), &error);
    check(furnace_child_wait(gzip, &gzip_status, &error), &error);
    furnace_child_free(cat);
    furnace_child_free(gzip);

    /* Stopping by hand tells what freeing cannot tell: that it failed. */
    check(furnace_container_stop(container, &error), &error);
    furnace_container_free(container);
    return cat_status == 0 && gzip_status == 0 ? 0 : 1;
}
