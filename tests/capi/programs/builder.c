/* What needs no rights: versions, builders, mounts, what a start would do, and everything that is refused before it. */

#include "check.h"

static void versions(void)
{
    char expected[32];
    snprintf(expected, sizeof(expected), "%d.%d.%d", FURNACE_VERSION_MAJOR, FURNACE_VERSION_MINOR, FURNACE_VERSION_PATCH);
    CHECK(strcmp(furnace_version(), expected) == 0);
    CHECK(furnace_version_number() == FURNACE_VERSION_NUMBER);
    CHECK(FURNACE_VERSION_NUMBER == FURNACE_VERSION_MAJOR * 65536 + FURNACE_VERSION_MINOR * 256 + FURNACE_VERSION_PATCH);
    const char *const features[] = {"changes", "detach", "doctor", "explain", "host-mounts", "id-maps", "images",
                                    "join", "log", "mounts", "shell", "terminals", "users", NULL};
    for (const char *const *feature = features; *feature; feature++)
        CHECK(furnace_has_feature(*feature));
    CHECK(!furnace_has_feature("time-travel"));
    CHECK(!furnace_has_feature(""));
}

static int has(const furnace_strings *steps, const char *wanted)
{
    for (size_t i = 0; i < furnace_strings_count(steps); i++)
        if (strcmp(furnace_strings_get(steps, i), wanted) == 0)
            return 1;
    return 0;
}

static int explains(const furnace_builder *builder, const char *wanted)
{
    furnace_strings *steps;
    OK(furnace_builder_explain(builder, &steps, &error));
    CHECK(furnace_strings_count(steps) > 10);
    CHECK(!furnace_strings_get(steps, furnace_strings_count(steps)));
    int found = has(steps, wanted);
    furnace_strings_free(steps);
    return found;
}

static void setters(void)
{
    furnace_builder *builder = a_builder(), *copy;
    OK(furnace_builder_set_isolate_network(builder, true, &error));
    OK(furnace_builder_set_own_session(builder, true, &error));
    OK(furnace_builder_set_ephemeral(builder, true, &error));
    OK(furnace_builder_set_ephemeral_size(builder, 1 << 20, &error));
    OK(furnace_builder_set_read_only(builder, true, &error));
    OK(furnace_builder_set_resolv_conf(builder, false, &error));
    OK(furnace_builder_set_tmpfiles(builder, false, &error));
    OK(furnace_builder_set_hostname(builder, "smithy", &error));
    OK(furnace_builder_set_dev(builder, FURNACE_DEV_MINIMAL, &error));
    OK(furnace_builder_add_device(builder, "/dev/null", &error));
    OK(furnace_builder_set_propagation(builder, FURNACE_PROPAGATION_PRIVATE, &error));
    OK(furnace_builder_set_time_limit(builder, 5000, &error));
    OK(furnace_builder_add_bind(builder, "/etc", "/mnt/etc", &error));
    OK(furnace_builder_add_bind_ro(builder, "/etc", "mnt/again", &error));
    CHECK(explains(builder, "set the host name to smithy"));
    OK(furnace_builder_copy(builder, &copy, &error));
    OK(furnace_builder_set_hostname(copy, "other", &error));
    CHECK(explains(copy, "set the host name to other"));
    CHECK(explains(builder, "set the host name to smithy"));
    furnace_builder_free(builder);
    CHECK(explains(copy, "set the host name to other"));
    furnace_builder_free(copy);
}

static void mounts(void)
{
    furnace_mount *bind, *tmpfs, *file;
    OK(furnace_mount_new_bind("/etc", "/mnt/a", &bind, &error));
    OK(furnace_mount_set_read_only(bind, true, &error));
    OK(furnace_mount_set_no_suid(bind, true, &error));
    OK(furnace_mount_set_no_dev(bind, true, &error));
    OK(furnace_mount_set_no_exec(bind, true, &error));
    OK(furnace_mount_set_recursive(bind, false, &error));
    OK(furnace_mount_set_propagation(bind, FURNACE_PROPAGATION_SLAVE, &error));
    OK(furnace_mount_add_id_map(bind, FURNACE_IDS_BOTH, 1000, 0, 1, &error));
    OK(furnace_mount_add_id_map(bind, FURNACE_IDS_USERS, 2000, 1, 1, &error));
    OK(furnace_mount_add_id_map(bind, FURNACE_IDS_GROUPS, 3000, 1, 1, &error));
    FAILS(furnace_mount_set_size(bind, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_mode(bind, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_owner(bind, 1, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_propagation(bind, 0, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_propagation(bind, 3, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_add_id_map(bind, 4, 1, 1, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_add_id_map(bind, -1, 1, 1, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);

    OK(furnace_mount_new_tmpfs("/mnt/b", &tmpfs, &error));
    OK(furnace_mount_set_size(tmpfs, 1 << 20, &error));
    OK(furnace_mount_set_mode(tmpfs, 01777, &error));
    OK(furnace_mount_set_owner(tmpfs, 5, 6, &error));
    OK(furnace_mount_set_no_exec(tmpfs, true, &error));
    FAILS(furnace_mount_set_read_only(tmpfs, true, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_no_suid(tmpfs, true, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_no_dev(tmpfs, true, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_recursive(tmpfs, true, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_propagation(tmpfs, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_add_id_map(tmpfs, 3, 1, 1, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);

    OK(furnace_mount_new_file("/mnt/c", "a\0b", 3, &file, &error));
    OK(furnace_mount_set_mode(file, 0400, &error));
    OK(furnace_mount_set_owner(file, 5, 6, &error));
    FAILS(furnace_mount_set_no_exec(file, true, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_mount_set_size(file, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_mount *never;
    FAILS(furnace_mount_new_file("/mnt/c", "x", SIZE_MAX, &never, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_mount *empty;
    OK(furnace_mount_new_file("/mnt/d", NULL, 0, &empty, &error));
    furnace_mount_free(empty);

    furnace_builder *builder = a_builder();
    OK(furnace_builder_add_mount(builder, bind, &error));
    OK(furnace_builder_add_mount(builder, tmpfs, &error));
    OK(furnace_builder_add_mount(builder, file, &error));
    /* It was copied. */
    OK(furnace_mount_set_size(tmpfs, 1 << 30, &error));
    furnace_mount_free(bind);
    furnace_mount_free(file);
    furnace_mount_free(tmpfs);
    CHECK(explains(builder, "set size=1048576 on the new tmpfs"));
    CHECK(!explains(builder, "set size=1073741824 on the new tmpfs"));
    furnace_builder_free(builder);
}

/* A mistake is told before anything is touched. */
static void refused(void)
{
    furnace_builder *builder;
    furnace_container *container = NULL;
    furnace_strings *steps = NULL;

    OK(furnace_builder_new(in_scratch("nothing"), &builder, &error));
    CHECK(furnace_builder_start(builder, &container, &error) == -ENOENT);
    CHECK(furnace_error_phase(error) == FURNACE_PHASE_CONFIGURE);
    CHECK(strcmp(furnace_error_path(error), in_scratch("nothing")) == 0);
    CHECK(furnace_error_remedy(error) != NULL);
    CHECK(furnace_error_step(error) == 0);
    FAILS(-ENOENT, ENOENT, FURNACE_ERROR_NOT_FOUND);
    CHECK(furnace_builder_start(builder, &container, NULL) == -ENOENT);
    FAILS(furnace_builder_explain(builder, &steps, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_builder_free(builder);

    builder = a_builder();
    OK(furnace_builder_set_hostname(builder, "", &error));
    FAILS(furnace_builder_explain(builder, &steps, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_builder_set_hostname(builder, "fine", &error));
    OK(furnace_builder_add_bind(builder, in_scratch("nothing"), "/mnt", &error));
    FAILS(furnace_builder_start(builder, &container, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_builder_free(builder);

    builder = a_builder();
    OK(furnace_builder_add_bind(builder, "/etc", "/../out", &error));
    FAILS(furnace_builder_start(builder, &container, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_builder_free(builder);

    builder = a_builder();
    OK(furnace_builder_add_lower(builder, in_scratch("nothing"), &error));
    FAILS(furnace_builder_start(builder, &container, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_builder_free(builder);

    builder = a_builder();
    OK(furnace_builder_set_overlay(builder, in_scratch("nothing"), &error));
    OK(furnace_builder_set_overlay_work(builder, in_scratch("nothing either"), &error));
    FAILS(furnace_builder_start(builder, &container, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_builder_free(builder);

    builder = a_builder();
    OK(furnace_builder_set_partition(builder, 1, &error));
    FAILS(furnace_builder_start(builder, &container, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_builder_set_dev(builder, 0, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_builder_set_dev(builder, 3, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_builder_set_propagation(builder, 7, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_builder_free(builder);

    furnace_container *joined;
    FAILS(furnace_container_join(0, NULL, &joined, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_container_join(-5, NULL, &joined, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_container_attach("no/name", NULL, &joined, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_container_attach("\xff", NULL, &joined, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);

    /* Any bytes are a path, and are shown harmlessly. */
    OK(furnace_builder_new("/no\n\x1b[31m\xff", &builder, &error));
    CHECK(furnace_builder_start(builder, &container, &error) == -ENOENT);
    CHECK(strcmp(furnace_error_path(error), "/no\n\x1b[31m\xff") == 0);
    CHECK(!strchr(furnace_error_message(error), '\x1b'));
    FAILS(-ENOENT, ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_builder_free(builder);
    CHECK(!container && !steps);
}

/* Errors outlive what they are about; nothing is said of NULL. */
static void errors(void)
{
    furnace_error *kept = NULL;
    furnace_builder *builder;
    CHECK(furnace_builder_new(NULL, &builder, &kept) == -EINVAL);
    CHECK(strcmp(furnace_error_message(kept), "furnace_builder_new: root is NULL") == 0);
    CHECK(!furnace_error_path(kept) && !furnace_error_remedy(kept));
    furnace_error_free(kept);
    CHECK(furnace_error_code(NULL) == 0 && furnace_error_phase(NULL) == 0 && furnace_error_errno(NULL) == 0);
    CHECK(furnace_error_step(NULL) == 0 && !furnace_error_message(NULL));
    furnace_error_free(NULL);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    versions();
    setters();
    mounts();
    refused();
    errors();
    return 0;
}
