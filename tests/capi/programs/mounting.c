/* Mounts: of a start, into a running container, and on the host. */

#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static void put(const char *path, const char *content)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(write(file, content, strlen(content)) == (ssize_t)strlen(content));
    close(file);
}

static void at_the_start(void)
{
    CHECK(mkdir(in_scratch("source"), 0755) == 0);
    put(in_scratch("source/file"), "of the host\n");
    furnace_builder *builder = a_builder();
    OK(furnace_builder_add_bind_ro(builder, in_scratch("source"), "/mnt/source", &error));
    furnace_mount *mount;
    OK(furnace_mount_new_file("/run/secret", "se\0cret", 7, &mount, &error));
    OK(furnace_mount_set_mode(mount, 0440, &error));
    OK(furnace_mount_set_owner(mount, 5, 6, &error));
    OK(furnace_builder_add_mount(builder, mount, &error));
    furnace_mount_free(mount);
    OK(furnace_mount_new_tmpfs("/mnt/memory", &mount, &error));
    OK(furnace_mount_set_mode(mount, 0711, &error));
    OK(furnace_builder_add_mount(builder, mount, &error));
    furnace_mount_free(mount);
    /* Only users are shown as others. */
    OK(furnace_mount_new_bind(in_scratch("source"), "/mnt/users", &mount, &error));
    OK(furnace_mount_add_id_map(mount, FURNACE_IDS_USERS, 0, 1234, 1, &error));
    OK(furnace_mount_add_id_map(mount, FURNACE_IDS_GROUPS, 0, 4321, 1, &error));
    OK(furnace_builder_add_mount(builder, mount, &error));
    furnace_mount_free(mount);
    furnace_container *container;
    OK(furnace_builder_start(builder, &container, &error));
    furnace_builder_free(builder);
    furnace_command *command = a_shell(container, "cat /mnt/source/file; touch /mnt/source/new 2>/dev/null || echo closed;"
                                                  "stat -c '%a %u %g %s' /run/secret; stat -c '%a' /mnt/memory;"
                                                  "stat -c '%u %g' /mnt/users/file");
    WRITES(command, "of the host\nclosed\n440 5 6 7\n711\n1234 4321");
    furnace_command_free(command);
    furnace_container_free(container);
}

/* Of users alone there is no map. */
static void half_a_map(void)
{
    furnace_builder *builder = a_builder();
    furnace_mount *mount;
    OK(furnace_mount_new_bind(in_scratch("source"), "/mnt", &mount, &error));
    OK(furnace_mount_add_id_map(mount, FURNACE_IDS_USERS, 0, 1234, 1, &error));
    OK(furnace_builder_add_mount(builder, mount, &error));
    furnace_mount_free(mount);
    furnace_container *container = NULL;
    CHECK(furnace_builder_start(builder, &container, &error) == -EINVAL);
    CHECK(furnace_error_phase(error) == FURNACE_PHASE_CONFIGURE && strstr(furnace_error_message(error), "groups"));
    FAILS(-EINVAL, EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_builder_free(builder);
}

static void while_it_runs(void)
{
    furnace_container *container = a_container();
    furnace_mount *mount;
    OK(furnace_mount_new_bind(in_scratch("source"), "/mnt/late", &mount, &error));
    OK(furnace_container_mount(container, mount, &error));
    furnace_command *command = a_shell(container, "cat /mnt/late/file");
    WRITES(command, "of the host");
    OK(furnace_container_unmount(container, "/mnt/late", &error));
    FAILS(furnace_container_unmount(container, "/mnt/late", &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_container_unmount(container, "/..", &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    WRITES(command, "");
    furnace_command_free(command);
    furnace_mount *missing;
    OK(furnace_mount_new_bind(in_scratch("missing"), "/mnt/late", &missing, &error));
    FAILS(furnace_container_mount(container, missing, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_mount_free(missing);
    OK(furnace_container_stop(container, &error));
    FAILS(furnace_container_mount(container, mount, &error), ESRCH, FURNACE_ERROR_ENDED);
    FAILS(furnace_container_unmount(container, "/mnt/late", &error), ESRCH, FURNACE_ERROR_ENDED);
    FAILS(furnace_container_detach(container, "", &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_mount_free(mount);
    furnace_container_free(container);
}

static bool is_mount_point(const char *path)
{
    bool is;
    OK(furnace_is_mount_point(path, &is, &error));
    return is;
}

static void on_the_host(void)
{
    CHECK(mkdir(in_scratch("place"), 0755) == 0);
    furnace_host_mount *mount = NULL;
    char source[4096];
    strcpy(source, in_scratch("source"));
    FAILS(furnace_host_bind(in_scratch("missing"), scratch, 0, &mount, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    FAILS(furnace_host_bind(source, in_scratch("missing"), 0, &mount, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    FAILS(furnace_host_bind(source, in_scratch("place"), 16, &mount, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_host_bind(source, in_scratch("place"), FURNACE_HOST_PRIVATE | FURNACE_HOST_SLAVE, &mount, &error), EINVAL,
          FURNACE_ERROR_INVALID_INPUT);
    CHECK(!mount && !is_mount_point(in_scratch("place")));

    OK(furnace_host_bind(source, in_scratch("place"), FURNACE_HOST_READ_ONLY | FURNACE_HOST_RECURSIVE | FURNACE_HOST_PRIVATE,
                         &mount, &error));
    CHECK(strcmp(furnace_host_mount_path(mount), in_scratch("place")) == 0);
    CHECK(is_mount_point(in_scratch("place")) && !is_mount_point(in_scratch("place/file")));
    struct statvfs about;
    CHECK(statvfs(in_scratch("place"), &about) == 0 && (about.f_flag & ST_RDONLY));
    OK(furnace_host_mount_unmount(mount, &error));
    CHECK(!is_mount_point(in_scratch("place")));
    FAILS(furnace_host_mount_unmount(mount, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_host_mount_free(mount);
    OK(furnace_host_bind(source, in_scratch("place"), FURNACE_HOST_SLAVE, &mount, &error));
    CHECK(is_mount_point(in_scratch("place")));
    furnace_host_mount_free(mount);
    CHECK(!is_mount_point(in_scratch("place")));
    bool is;
    FAILS(furnace_is_mount_point(in_scratch("missing"), &is, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    FAILS(furnace_is_mount_point("", &is, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    CHECK(is_mount_point("/proc"));

    CHECK(mkdir(in_scratch("lower"), 0755) == 0 && mkdir(in_scratch("upper"), 0755) == 0 && mkdir(in_scratch("work"), 0755) == 0);
    put(in_scratch("lower/file"), "of another\n");
    put(in_scratch("lower/only"), "there\n");
    char lower[4096], upper[4096], work[4096];
    strcpy(lower, in_scratch("lower"));
    strcpy(upper, in_scratch("upper"));
    strcpy(work, in_scratch("work"));
    const char *const lowers[] = {source, lower, NULL};
    const char *const one[] = {lower, NULL};
    const char *const none[] = {NULL};
    OK(furnace_host_overlay(lowers, upper, work, in_scratch("place"), &mount, &error));
    char read_back[32] = {0};
    int file = open(in_scratch("place/file"), O_RDONLY);
    CHECK(read(file, read_back, sizeof(read_back) - 1) > 0 && strcmp(read_back, "of the host\n") == 0);
    close(file);
    put(in_scratch("place/new"), "new\n");
    CHECK(access(in_scratch("upper/new"), F_OK) == 0);
    furnace_host_mount *second = NULL;
    CHECK(mkdir(in_scratch("place2"), 0755) == 0);
    FAILS(furnace_host_overlay(lowers, upper, work, in_scratch("place2"), &second, &error), EBUSY, FURNACE_ERROR_RESOURCE_BUSY);
    furnace_host_mount_free(mount);
    FAILS(furnace_host_overlay(none, upper, work, in_scratch("place"), &second, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_host_overlay(one, NULL, NULL, in_scratch("place"), &second, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_host_overlay(one, upper, NULL, in_scratch("place"), &second, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_host_overlay(one, NULL, work, in_scratch("place"), &second, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_host_overlay(lowers, NULL, NULL, in_scratch("missing"), &second, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    CHECK(!second);
    OK(furnace_host_overlay(lowers, NULL, NULL, in_scratch("place"), &mount, &error));
    CHECK(access(in_scratch("place/only"), F_OK) == 0);
    furnace_host_mount_free(mount);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    at_the_start();
    half_a_map();
    while_it_runs();
    on_the_host();
    return 0;
}
