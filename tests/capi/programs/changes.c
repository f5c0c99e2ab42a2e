/* What a root has changed. */

#include "check.h"

#include <fcntl.h>
#include <unistd.h>

static const struct {
    const char *path;
    int kind, type;
    bool content, metadata;
    uint64_t size;
    const char *link_to;
} EXPECTED[] = {
    {"etc/group", FURNACE_CHANGE_DELETED, FURNACE_FILE_REGULAR, false, false, 19, NULL},
    {"etc/passwd", FURNACE_CHANGE_MODIFIED, FURNACE_FILE_REGULAR, true, true, 4, NULL},
    {"root/fifo", FURNACE_CHANGE_CREATED, FURNACE_FILE_FIFO, false, false, 0, NULL},
    {"root/first", FURNACE_CHANGE_CREATED, FURNACE_FILE_REGULAR, false, false, 3, NULL},
    {"root/second", FURNACE_CHANGE_CREATED, FURNACE_FILE_REGULAR, false, false, 3, "root/first"},
    {"root/symlink", FURNACE_CHANGE_CREATED, FURNACE_FILE_SYMLINK, false, false, 5, NULL},
};

int main(int argc, char **argv)
{
    begin(argc, argv);
    furnace_container *container = a_container();
    furnace_changes *changes = NULL;
    uint64_t size, available;
    bool full;
    FAILS(furnace_container_changes(container, &changes, &error), ENODATA, FURNACE_ERROR_NOT_FOUND);
    FAILS(furnace_container_layer_usage(container, &size, &available, &full, &error), ENODATA, FURNACE_ERROR_NOT_FOUND);
    CHECK(!changes);
    furnace_container_free(container);

    furnace_builder *builder = a_builder();
    OK(furnace_builder_set_ephemeral(builder, true, &error));
    OK(furnace_builder_set_ephemeral_size(builder, 1 << 20, &error));
    OK(furnace_builder_start(builder, &container, &error));
    furnace_builder_free(builder);
    OK(furnace_container_layer_usage(container, &size, &available, &full, &error));
    CHECK(size == 1 << 20 && available <= size && !full);
    OK(furnace_container_layer_usage(container, NULL, NULL, NULL, &error));
    furnace_command *command = a_shell(container, "cd /root && printf abc > first && ln first second && ln -s first symlink &&"
                                                  "mknod fifo p && rm /etc/group && printf abcd > /etc/passwd");
    WRITES(command, "");
    furnace_command_free(command);
    command = a_shell(container, "dd if=/dev/zero of=/root/zeros bs=65536 2>/dev/null; ls -l /root/zeros >/dev/null");
    WRITES(command, "");
    furnace_command_free(command);
    OK(furnace_container_layer_usage(container, &size, &available, &full, &error));
    CHECK(full && available == 0);
    command = a_shell(container, "rm /root/zeros");
    WRITES(command, "");
    furnace_command_free(command);

    OK(furnace_container_changes(container, &changes, &error));
    OK(furnace_container_stop(container, &error));
    furnace_changes *late = NULL;
    FAILS(furnace_container_changes(container, &late, &error), ESRCH, FURNACE_ERROR_ENDED);
    FAILS(furnace_container_layer_usage(container, &size, &available, &full, &error), ESRCH, FURNACE_ERROR_ENDED);
    furnace_container_free(container);
    size_t found = 0;
    for (;;) {
        furnace_change *change;
        OK(furnace_changes_next(changes, &change, &error));
        if (!change)
            break;
        const char *path = furnace_change_path(change);
        /* Mount targets are there too; and directories in which something has changed. */
        if (found < sizeof(EXPECTED) / sizeof(*EXPECTED) && strcmp(path, EXPECTED[found].path) == 0) {
            CHECK(furnace_change_kind(change) == EXPECTED[found].kind);
            CHECK(furnace_change_type(change) == EXPECTED[found].type);
            CHECK(furnace_change_content(change) == EXPECTED[found].content);
            CHECK(furnace_change_metadata(change) == EXPECTED[found].metadata);
            CHECK(furnace_change_size(change) == EXPECTED[found].size);
            const char *link_to = furnace_change_link_to(change);
            CHECK(EXPECTED[found].link_to ? link_to && strcmp(link_to, EXPECTED[found].link_to) == 0 : !link_to);
            found++;
        }
        furnace_change_free(change);
    }
    CHECK(found == sizeof(EXPECTED) / sizeof(*EXPECTED));
    furnace_change *after = (furnace_change *)root;
    OK(furnace_changes_next(changes, &after, &error));
    CHECK(!after);
    furnace_changes_free(changes);

    FAILS(furnace_changes_between(-1, 0, &changes, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_changes_between(0, 100000, &changes, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    int directory = open(root, O_PATH), file = open(argv[0], O_RDONLY);
    FAILS(furnace_changes_between(directory, file, &changes, &error), ENOTDIR, FURNACE_ERROR_NOT_A_DIRECTORY);
    OK(furnace_changes_between(directory, directory, &changes, &error));
    close(directory);
    close(file);
    furnace_changes_free(changes);
    return 0;
}
