/* A terminal of the container's own, with a command on it. */

#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    begin(argc, argv);
    furnace_container *container = a_container();
    furnace_terminal *terminal;
    OK(furnace_container_terminal(container, &terminal, &error));
    OK(furnace_terminal_set_size(terminal, 30, 100, &error));
    uint16_t rows, columns;
    OK(furnace_terminal_size(terminal, &rows, &columns, &error));
    CHECK(rows == 30 && columns == 100);
    OK(furnace_terminal_set_owner(terminal, 1000, &error));
    CHECK(isatty(furnace_terminal_fd(terminal)));
    furnace_command *command = a_shell(container, "tty; read line; echo \"<$line>\"; exit 2");
    OK(furnace_command_set_terminal(command, terminal, &error));
    furnace_child *child;
    OK(furnace_command_spawn(command, &child, &error));
    CHECK(write(furnace_terminal_fd(terminal), "typed\n", 6) == 6);
    int status;
    OK(furnace_child_wait(child, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    furnace_child_free(child);
    furnace_command_free(command);
    int fd;
    OK(furnace_terminal_into_fd(terminal, &fd, &error));
    char shown[256] = {0};
    ssize_t length = 0, more;
    while ((more = read(fd, shown + length, sizeof(shown) - 1 - (size_t)length)) > 0)
        length += more;
    CHECK(more == -1 && errno == EIO);
    CHECK(strstr(shown, "/dev/pts/") && strstr(shown, "<typed>"));
    close(fd);

    /* Nothing leads there. */
    OK(furnace_container_terminal(container, &terminal, &error));
    command = a_shell(container, "true");
    OK(furnace_command_set_terminal(command, terminal, &error));
    for (int number = 0; number < 3; number++)
        OK(furnace_command_set_stream_null(command, number, &error));
    FAILS(furnace_command_run(command, &status, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_terminal_free(terminal);
    furnace_command_free(command);
    furnace_container_free(container);

    furnace_builder *builder = a_builder();
    OK(furnace_builder_set_terminals(builder, false, &error));
    OK(furnace_builder_start(builder, &container, &error));
    furnace_builder_free(builder);
    FAILS(furnace_container_terminal(container, &terminal, &error), EOPNOTSUPP, FURNACE_ERROR_UNSUPPORTED);
    furnace_container_free(container);
    return 0;
}
