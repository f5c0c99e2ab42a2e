/* Commands: what they are given, and what comes back. */

#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static furnace_container *container;

static void words(void)
{
    furnace_command *command = a_shell(container, "echo $0 $1 $NAME $LATER; env | wc -l");
    OK(furnace_command_add_arg(command, "zero", &error));
    OK(furnace_command_add_arg(command, "one", &error));
    const char *const envp[] = {"NAME=old", "NAME=new=er", "PATH=/bin", "GONE=1", NULL};
    OK(furnace_command_set_envp(command, envp, &error));
    OK(furnace_command_set_env(command, "LATER", "late", &error));
    OK(furnace_command_unset_env(command, "GONE", &error));
    /* The shell adds PWD. */
    WRITES(command, "zero one new=er late\n4");
    const char *const bad[] = {"FINE=1", "BAD", NULL};
    FAILS(furnace_command_set_envp(command, bad, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    WRITES(command, "zero one new=er late\n4");
    OK(furnace_command_clear_env(command, &error));
    WRITES(command, "zero one\n1");
    furnace_command_free(command);

    OK(furnace_container_command(container, "sh", &command, &error));
    OK(furnace_command_set_arg0(command, "smith", &error));
    OK(furnace_command_add_arg(command, "-c", &error));
    OK(furnace_command_add_arg(command, "tr '\\0' ' ' < /proc/self/cmdline > /dev/null; cat /proc/$$/cmdline | tr '\\0' ' '", &error));
    char *told = output_of(command);
    CHECK(strncmp(told, "smith -c ", 9) == 0);
    free(told);
    furnace_command_free(command);

    /* What is in the environment when it is spawned. */
    setenv("FURNACE_INHERITED", "yes", 1);
    command = a_shell(container, "echo $FURNACE_INHERITED; pwd");
    WRITES(command, "yes\n/");
    OK(furnace_command_set_current_dir(command, "bin", &error));
    WRITES(command, "yes\n/bin");
    OK(furnace_command_set_current_dir(command, "/nowhere", &error));
    furnace_output *output = NULL;
    FAILS(furnace_command_output(command, &output, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    CHECK(!output);
    furnace_command_free(command);
    unsetenv("FURNACE_INHERITED");
}

static void identity(void)
{
    furnace_command *command = a_shell(container, "id -u; id -g; id -G");
    const gid_t groups[] = {7, 8};
    OK(furnace_command_set_uid(command, 1000, &error));
    OK(furnace_command_set_gid(command, 1001, &error));
    WRITES(command, "1000\n1001\n1001");
    OK(furnace_command_set_groups(command, groups, 2, &error));
    WRITES(command, "1000\n1001\n1001 7 8");
    OK(furnace_command_set_groups(command, NULL, 0, &error));
    WRITES(command, "1000\n1001\n1001");
    FAILS(furnace_command_set_groups(command, NULL, 1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_groups(command, groups, SIZE_MAX / 2, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_command_set_uid(command, (uid_t)-1, &error));
    furnace_child *child = NULL;
    FAILS(furnace_command_spawn(command, &child, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    CHECK(!child);
    furnace_command_free(command);

    command = a_shell(container, "umask; read -r line < /proc/self/stat; echo $line | { read -r a b c d e f g; [ $e = $a -o $f = 0 ] && echo $f; }");
    OK(furnace_command_set_umask(command, 027, &error));
    OK(furnace_command_set_new_session(command, true, &error));
    char *told = output_of(command);
    CHECK(strncmp(told, "0027", 4) == 0);
    free(told);
    furnace_command_free(command);

    command = a_shell(container, "exit 0");
    FAILS(furnace_command_set_process_group(command, -1, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_command_set_process_group(command, 0, &error));
    OK(furnace_command_spawn(command, &child, &error));
    /* Not yet waited for: its group is still known. */
    CHECK(getpgid(furnace_child_pid(child)) == furnace_child_pid(child));
    int status;
    OK(furnace_child_wait(child, &status, &error));
    furnace_child_free(child);
    furnace_command_free(command);

    command = a_shell(container, "kill -TERM $$; exit 5");
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    OK(furnace_command_ignore_signal(command, SIGTERM, &error));
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    OK(furnace_command_default_signal(command, SIGTERM, &error));
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    OK(furnace_command_ignore_signal(command, 4000, &error));
    FAILS(furnace_command_run(command, &status, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_command_free(command);
}

static void users(void)
{
    furnace_command *command = a_shell(container, "mkdir -p /etc; echo 'smith:x:70:71::/home/smith:/bin/sh' >> /etc/passwd;"
                                                  "echo 'forge:x:72:smith' >> /etc/group");
    WRITES(command, "");
    furnace_command_free(command);
    furnace_user *user, *never = NULL;
    OK(furnace_container_find_user(container, "smith", &user, &error));
    CHECK(strcmp(furnace_user_name(user), "smith") == 0 && furnace_user_uid(user) == 70 && furnace_user_gid(user) == 71);
    CHECK(strcmp(furnace_user_home(user), "/home/smith") == 0 && strcmp(furnace_user_shell(user), "/bin/sh") == 0);
    size_t count;
    CHECK(furnace_user_groups(user, &count)[0] == 72 && count == 1 && furnace_user_groups(user, NULL));
    command = a_shell(container, "id -u; id -g; id -G; echo $HOME $USER");
    OK(furnace_command_set_user(command, user, &error));
    furnace_user_free(user);
    WRITES(command, "70\n71\n71 72\n/home/smith smith");
    furnace_command_free(command);
    OK(furnace_container_find_user(container, "5:6", &user, &error));
    CHECK(!furnace_user_name(user) && furnace_user_uid(user) == 5 && furnace_user_gid(user) == 6);
    furnace_user_free(user);
    FAILS(furnace_container_find_user(container, "nobody-at-all", &never, &error), ENOENT, FURNACE_ERROR_NOT_FOUND);
    FAILS(furnace_container_find_user(container, "", &never, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_container_find_user(container, "-1", &never, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    CHECK(!never);
}

static void descriptors(void)
{
    int into[2];
    CHECK(pipe(into) == 0);
    furnace_command *command = a_shell(container, "read line; echo \"out $line\"; echo \"err $line\" >&2; echo \"seven $line\" >&7");
    int from = open(in_scratch("from"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(write(from, "text\n", 5) == 5 && lseek(from, 0, SEEK_SET) == 0);
    OK(furnace_command_set_stream_fd(command, 0, from, &error));
    OK(furnace_command_set_stream_fd(command, 1, into[1], &error));
    OK(furnace_command_set_stream_null(command, 2, &error));
    OK(furnace_command_set_fd(command, 7, into[1], &error));
    /* They were duplicated. */
    close(from);
    close(into[1]);
    int status;
    OK(furnace_command_run(command, &status, &error));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    furnace_command_free(command);
    char bytes[64] = {0};
    CHECK(read(into[0], bytes, sizeof(bytes) - 1) > 0);
    CHECK(strcmp(bytes, "out text\nseven text\n") == 0);
    /* With the command its duplicates went. */
    CHECK(read(into[0], bytes, sizeof(bytes)) == 0);
    close(into[0]);

    command = a_shell(container, "true");
    FAILS(furnace_command_set_stream_fd(command, 3, 0, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_stream_fd(command, -1, 0, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_stream_fd(command, 0, -1, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_stream_fd(command, 0, -100, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_stream_fd(command, 0, 100000, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_stream_null(command, 3, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_stream_pipe(command, 3, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_stream_inherit(command, 3, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_command_set_stream_inherit(command, 1, &error));
    FAILS(furnace_command_set_fd(command, 2, 0, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_fd(command, -1, 0, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_fd(command, 3, -1, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    FAILS(furnace_command_set_fd(command, 3, 100000, &error), EBADF, FURNACE_ERROR_INVALID_INPUT);
    OK(furnace_command_set_fd(command, 3, 2, &error));
    OK(furnace_command_run(command, &status, &error));
    OK(furnace_command_set_fd(command, 3, 2, &error));
    FAILS(furnace_command_run(command, &status, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_command_free(command);
}

static void output(void)
{
    furnace_command *command = a_shell(container, "printf 'a\\0b'; echo err >&2; exit 3");
    furnace_output *output;
    OK(furnace_command_output(command, &output, &error));
    size_t length;
    CHECK(memcmp(furnace_output_stdout(output, &length), "a\0b", 4) == 0 && length == 3);
    CHECK(strcmp(furnace_output_stderr(output, &length), "err\n") == 0 && length == 4);
    CHECK(strcmp(furnace_output_stderr(output, NULL), "err\n") == 0);
    int status = furnace_output_status(output);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    furnace_output_free(output);
    furnace_command_free(command);

    /* More than any pipe holds, in both. */
    command = a_shell(container, "dd if=/dev/zero bs=1000 count=1000; dd if=/dev/zero bs=1000 count=1000 >&2");
    OK(furnace_command_output(command, &output, &error));
    furnace_output_stdout(output, &length);
    CHECK(length == 1000000);
    furnace_output_stderr(output, &length);
    CHECK(length > 1000000);
    furnace_output_free(output);
    furnace_command_free(command);
}

/* What can't be executed. */
static void execution(void)
{
    furnace_command *command;
    furnace_child *child = NULL;
    OK(furnace_container_command(container, "no-such-program", &command, &error));
    CHECK(furnace_command_spawn(command, &child, &error) == -ENOENT);
    CHECK(furnace_error_phase(error) == FURNACE_PHASE_EXECUTE);
    FAILS(-ENOENT, ENOENT, FURNACE_ERROR_NOT_FOUND);
    furnace_command_free(command);
    OK(furnace_container_command(container, "/etc/passwd", &command, &error));
    FAILS(furnace_command_spawn(command, &child, &error), EACCES, FURNACE_ERROR_PERMISSION_DENIED);
    furnace_command_free(command);
    OK(furnace_container_command(container, "", &command, &error));
    FAILS(furnace_command_spawn(command, &child, &error), EINVAL, FURNACE_ERROR_INVALID_INPUT);
    furnace_command_free(command);
    OK(furnace_container_command(container, "true", &command, &error));
    char *long_one = malloc(200000);
    memset(long_one, 'x', 199999);
    long_one[199999] = 0;
    OK(furnace_command_add_arg(command, long_one, &error));
    free(long_one);
    FAILS(furnace_command_spawn(command, &child, &error), E2BIG, FURNACE_ERROR_ARGUMENT_LIST_TOO_LONG);
    furnace_command_free(command);
    CHECK(!child);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    container = a_container();
    words();
    identity();
    users();
    descriptors();
    output();
    execution();
    furnace_container_free(container);
    return 0;
}
