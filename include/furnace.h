/*
 * libfurnace: a sturdier chroot.
 *
 * Give it a directory that holds a system. It makes new pid, mount, ipc, uts and cgroup namespaces (network too, if
 * asked), mounts what a system expects, puts a tiny PID 1 inside, and runs commands there as posix_spawn(3) runs them
 * outside. When the container goes, or its owner dies in any way, nothing is left: no process, no mount, no
 * directory.
 *
 *     #include <furnace.h>
 *     #include <stdio.h>
 *     #include <sys/wait.h>
 *
 *     int main(void)
 *     {
 *         furnace_error *error = NULL;
 *         furnace_builder *builder = NULL;
 *         furnace_container *container = NULL;
 *         furnace_command *command = NULL;
 *         int status = 0;
 *
 *         int failed = furnace_builder_new("/srv/debian", &builder, &error);
 *         if (!failed)
 *             failed = furnace_builder_set_isolate_network(builder, true, &error);
 *         if (!failed)
 *             failed = furnace_builder_start(builder, &container, &error);
 *         if (!failed)
 *             failed = furnace_container_command(container, "ls", &command, &error);
 *         if (!failed)
 *             failed = furnace_command_add_arg(command, "/bin", &error);
 *         if (!failed)
 *             failed = furnace_command_run(command, &status, &error);
 *         if (failed)
 *             fprintf(stderr, "%s\n", furnace_error_message(error));
 *         else if (WIFEXITED(status))
 *             printf("ls ended with %d\n", WEXITSTATUS(status));
 *
 *         furnace_command_free(command);
 *         furnace_container_free(container);
 *         furnace_builder_free(builder);
 *         furnace_error_free(error);
 *         return failed ? 1 : 0;
 *     }
 *
 *     cc -o example example.c $(pkg-config --cflags --libs furnace)
 *
 * What holds everywhere:
 *
 * Errors.    A function that returns int and takes a furnace_error ** returns 0, or a negative errno. Then, and only
 *            then, an object that says more is put where `error` points to, to be freed with furnace_error_free();
 *            `error` may be NULL. Nothing is kept in errno or anywhere else. Which errno is promised is said with the
 *            function and with FURNACE_ERROR_*; it does not change while the soname stays.
 * Results.   They are written on success only, through the pointers that come before `error`. No place for a result
 *            needs to be initialized.
 * NULL.      An argument is not NULL, unless it is said that it may be: otherwise -EINVAL, before anything is done.
 *            All *_free() take NULL and do nothing. A function without a furnace_error ** gives NULL, false, 0, or
 *            what is said with it, for a handle that is NULL.
 * Ownership. A handle that a function puts into a result is the caller's, to be freed once with the *_free() of its
 *            type, in any order: what one handle needs of another it keeps. Handles that are passed in stay the
 *            caller's, but where it is said that they are freed. Strings and arrays that are passed in are copied, or
 *            not used any more once the function returns. Strings that come out belong to the handle that they come
 *            from, and live as long; they are never freed.
 * Text.      Paths, names and arguments are bytes up to a NUL. Messages are UTF-8, in which text that comes from
 *            elsewhere is escaped: they can be shown on a terminal.
 * Threads.   It is said with each type how many threads may use a handle at once. Different handles may always be
 *            used in different threads. A *_free() is the last use of a handle, and no other may be going on then.
 * Processes. One extra child for each container, and one for each command, like any child. No thread, signal handler,
 *            signal mask, environment or working directory changes. Who waits for any child (wait(2), SIGCHLD
 *            ignored) may take the status of a command; see furnace_child_wait().
 * Time.      In milliseconds. UINT64_MAX is for ever.
 * Panics.    Where the library has a mistake, FURNACE_ERROR_INTERNAL tells, and no abort.
 * Since.     What says nothing else is there since version 0.1.0.
 *
 * By default root inside is root: a container is not a boundary against a hostile root user in it. A hostile root
 * directory can't make the library create, change, execute or mount anything outside of it.
 *
 * Linux 5.14 or newer on x86_64 or aarch64, CAP_SYS_ADMIN and CAP_MKNOD (be root), and /proc mounted.
 *
 * SPDX-License-Identifier: LGPL-2.1-only
 *
 * Generated from furnace-capi by cbindgen: changes are made there.
 */

#ifndef FURNACE_H
#define FURNACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * The version that a program is compiled with: the first number.
 */
#define FURNACE_VERSION_MAJOR 0

/**
 * The version that a program is compiled with: the second number. Before 1.0 the ABI changes with it, and the soname.
 */
#define FURNACE_VERSION_MINOR 1

/**
 * The version that a program is compiled with: the third number.
 */
#define FURNACE_VERSION_PATCH 0

/**
 * The version that a program is compiled with, as one number that grows; see furnace_version_number().
 */
#define FURNACE_VERSION_NUMBER (((FURNACE_VERSION_MAJOR << 16) | (FURNACE_VERSION_MINOR << 8)) | FURNACE_VERSION_PATCH)

/**
 * An argument makes no sense. -EINVAL; -EBADF for what is no descriptor.
 */
#define FURNACE_ERROR_INVALID_INPUT 1

/**
 * A file, a directory, a program or a name is not there. -ENOENT; -ENODATA where a container has no layer of changes.
 */
#define FURNACE_ERROR_NOT_FOUND 2

/**
 * The caller may not (-EPERM, -EACCES), or the program is not executable (-EACCES).
 */
#define FURNACE_ERROR_PERMISSION_DENIED 3

/**
 * A component of a path is no directory. -ENOTDIR.
 */
#define FURNACE_ERROR_NOT_A_DIRECTORY 4

/**
 * Arguments and environment are more than the kernel takes. -E2BIG.
 */
#define FURNACE_ERROR_ARGUMENT_LIST_TOO_LONG 5

/**
 * The program is there, but nothing that this kernel can execute. -ENOEXEC.
 */
#define FURNACE_ERROR_NOT_EXECUTABLE 6

/**
 * This kernel, or its configuration, lacks what is needed. -EOPNOTSUPP, or what the kernel says (-ENOSYS, -ENODEV).
 */
#define FURNACE_ERROR_UNSUPPORTED 7

/**
 * The file system can't be written to. -EROFS.
 */
#define FURNACE_ERROR_READ_ONLY_FILESYSTEM 8

/**
 * A limit is reached: descriptors, processes, memory, space. What the kernel says (-EMFILE, -EAGAIN, -ENOSPC and
 * others), or -ENOMEM.
 */
#define FURNACE_ERROR_RESOURCE_EXHAUSTED 9

/**
 * Something of that name is there already. -EEXIST.
 */
#define FURNACE_ERROR_ALREADY_EXISTS 10

/**
 * Somebody else uses it at this moment. -EBUSY.
 */
#define FURNACE_ERROR_RESOURCE_BUSY 11

/**
 * The container has ended. -ESRCH.
 */
#define FURNACE_ERROR_ENDED 12

/**
 * It took longer than its limit. -ETIMEDOUT.
 */
#define FURNACE_ERROR_TIMED_OUT 13

/**
 * The command has ended, but somebody else took its status. -ECHILD.
 */
#define FURNACE_ERROR_STATUS_LOST 14

/**
 * The library has a mistake. -ENOTRECOVERABLE. The handles that were given to the function should only be freed.
 */
#define FURNACE_ERROR_INTERNAL 15

/**
 * Anything else: see furnace_error_errno(), which is -EIO where the kernel said nothing. Kinds that come later are
 * new numbers for what was this one before.
 */
#define FURNACE_ERROR_OTHER 16

/**
 * What was asked for makes no sense, or is not there; nothing has been started.
 */
#define FURNACE_PHASE_CONFIGURE 1

/**
 * Making the container; nothing of it is left.
 */
#define FURNACE_PHASE_START 2

/**
 * Making a process for a command.
 */
#define FURNACE_PHASE_SPAWN 3

/**
 * Executing the program: it was not found, or the kernel would not.
 */
#define FURNACE_PHASE_EXECUTE 4

/**
 * Waiting for a command, or signalling it; looking at what a container has.
 */
#define FURNACE_PHASE_WAIT 5

/**
 * Stopping the container.
 */
#define FURNACE_PHASE_STOP 6

/**
 * Giving a container a name under which it lives on.
 */
#define FURNACE_PHASE_DETACH 7

/**
 * Finding or joining a container that runs already.
 */
#define FURNACE_PHASE_ATTACH 8

/**
 * Mounting on the host, where nothing of it is left, or into a running container.
 */
#define FURNACE_PHASE_MOUNT 9

/**
 * Unmounting on the host, or in a running container.
 */
#define FURNACE_PHASE_UNMOUNT 10

/**
 * Comparing what an overlay shows with its lower tree.
 */
#define FURNACE_PHASE_COMPARE 11

/**
 * One that has no number yet.
 */
#define FURNACE_PHASE_OTHER 12

/**
 * Carrying what passes between the caller's streams and a command.
 */
#define FURNACE_PHASE_CARRY 13

/**
 * Something went wrong that could not be told by a function's result.
 */
#define FURNACE_LOG_ERROR 1

/**
 * Something is not as it should be, and was gone on without.
 */
#define FURNACE_LOG_WARN 2

/**
 * What people may want to know.
 */
#define FURNACE_LOG_INFO 3

/**
 * Each start with its steps, each command, each stop.
 */
#define FURNACE_LOG_DEBUG 4

/**
 * More than that.
 */
#define FURNACE_LOG_TRACE 5

/**
 * The ids of users are mapped.
 */
#define FURNACE_IDS_USERS 1

/**
 * The ids of groups are mapped.
 */
#define FURNACE_IDS_GROUPS 2

/**
 * The ids of users and of groups are mapped.
 */
#define FURNACE_IDS_BOTH 3

/**
 * A /dev of the container's own: null, zero, full, tty, random, urandom, the loop devices, and what is asked for by
 * name.
 */
#define FURNACE_DEV_MINIMAL 1

/**
 * The host's /dev, with all its devices; what is changed in it is changed on the host. /dev/pts, /dev/shm and
 * /dev/mqueue are the container's own.
 */
#define FURNACE_DEV_HOST 2

/**
 * Mounts that the host makes later are not seen inside.
 */
#define FURNACE_PROPAGATION_PRIVATE 1

/**
 * Mounts that the host makes later are seen inside; none that is made inside is ever seen outside.
 */
#define FURNACE_PROPAGATION_SLAVE 2

/**
 * Nothing more has come.
 */
#define FURNACE_EVENT_NONE 0

/**
 * The caller's window may have another size (SIGWINCH).
 */
#define FURNACE_EVENT_RESIZED 1

/**
 * This process goes on after it was stopped (SIGCONT): the terminal is to be taken again.
 */
#define FURNACE_EVENT_RESUMED 2

/**
 * This process is to stop (SIGTSTP), which it may do when it is yielded.
 */
#define FURNACE_EVENT_SUSPEND 3

/**
 * This process is to end by a signal, which it may do when it is yielded.
 */
#define FURNACE_EVENT_END 4

/**
 * A signal is for the command. For a shell, which ignores SIGTERM, that becomes a hang-up, as does SIGHUP.
 */
#define FURNACE_EVENT_PASS_ON 5

/**
 * The container is being started, or removed.
 */
#define FURNACE_STANDING_CHANGING 1

/**
 * The container runs.
 */
#define FURNACE_STANDING_RUNNING 2

/**
 * The container has ended; furnace_runtime_collect() frees the name.
 */
#define FURNACE_STANDING_ENDED 3

/**
 * Nobody can tell from here: it was started in another pid namespace, or by another version of Furnace.
 */
#define FURNACE_STANDING_UNKNOWN 4

/**
 * There was nothing, or something of another type, whose deletion then comes just before.
 */
#define FURNACE_CHANGE_CREATED 1

/**
 * There was something of the same type; see furnace_change_content() and furnace_change_metadata(). Where it is
 * neither, it has become a hard link, and nothing else.
 */
#define FURNACE_CHANGE_MODIFIED 2

/**
 * There is nothing any more. A directory is named once, for all that was in it.
 */
#define FURNACE_CHANGE_DELETED 3

/**
 * A regular file.
 */
#define FURNACE_FILE_REGULAR 1

/**
 * A directory.
 */
#define FURNACE_FILE_DIRECTORY 2

/**
 * A symbolic link.
 */
#define FURNACE_FILE_SYMLINK 3

/**
 * A character device.
 */
#define FURNACE_FILE_CHARACTER_DEVICE 4

/**
 * A block device.
 */
#define FURNACE_FILE_BLOCK_DEVICE 5

/**
 * A FIFO.
 */
#define FURNACE_FILE_FIFO 6

/**
 * A socket.
 */
#define FURNACE_FILE_SOCKET 7

/**
 * It is there.
 */
#define FURNACE_OUTCOME_YES 1

/**
 * It takes privileges that this process lacks, such as root has.
 */
#define FURNACE_OUTCOME_PRIVILEGED 2

/**
 * It is not there.
 */
#define FURNACE_OUTCOME_NO 3

/**
 * Nothing can be changed through the bind, nor through any mount below it: not for a moment.
 */
#define FURNACE_HOST_READ_ONLY 1

/**
 * All that is mounted below the source is seen too.
 */
#define FURNACE_HOST_RECURSIVE 2

/**
 * What is mounted below the source later is not seen: the default of a read-only bind.
 */
#define FURNACE_HOST_PRIVATE 4

/**
 * What is mounted below the source later is seen too: the default of a bind that can be written to.
 */
#define FURNACE_HOST_SLAVE 8

/**
 * Says what a container is to be, then starts it, once or often. Setters check little: what makes no sense is told by
 * furnace_builder_start(), before anything is touched. The first start looks at the host and at the root directory;
 * later ones, until a setter is called again, rely on that.
 *
 * One thread at a time may set something; any number of them may start and explain at once.
 */
typedef struct furnace_builder furnace_builder;

/**
 * One difference. It never changes: any number of threads may look at it.
 */
typedef struct furnace_change furnace_change;

/**
 * What an overlay's upper directory changes of its lower tree, path by path: depth first, the names of a directory
 * sorted by their bytes. Applied to a copy of the lower tree, in this order, it gives what the overlay shows. A
 * modified file takes the place of the old one (a new file, then rename(2)), and is never written in place.
 *
 * Whoever is root inside may have written the upper directory: no symlink in it is followed, and nothing but regular
 * files and directories is ever opened. What is changed meanwhile may be in the list or not.
 *
 * One thread at a time.
 */
typedef struct furnace_changes furnace_changes;

/**
 * A command that was spawned: a child of the calling process like any other. When its container stops it is killed,
 * and its status can still be had from here.
 *
 * Any number of threads may use it at once, with all functions but furnace_child_free().
 */
typedef struct furnace_child furnace_child;

/**
 * A command to run in a container: it can be spawned any number of times. Setters check little; what makes no sense
 * is told when it is spawned. Unless changed, a command has the caller's environment and standard streams, the
 * working directory /, and the caller's user and groups. It has no other descriptor of the caller's.
 *
 * One thread at a time.
 */
typedef struct furnace_command furnace_command;

/**
 * Where a command for people has its streams: those of the calling process or three others, on a terminal of the
 * container's own or on none. No process inside ever has a descriptor of the caller's terminal; what passes is
 * carried to and fro by the calling thread, which waits meanwhile. Nothing of the calling process changes but the
 * modes of its terminal, and those are restored; if it is killed, `reset` helps.
 *
 * One thread at a time may set something, while no other uses it.
 */
typedef struct furnace_console furnace_console;

/**
 * A running container: namespaces, mounts and a PID 1, in which any number of commands run.
 *
 * It ends with furnace_container_stop(), when it is freed, and when the process that started it ends, however that
 * happens. Everything that runs in it is killed then, and all that was mounted in it is gone. Only when it has been
 * detached it lives on, until it is stopped by its name.
 *
 * Any number of threads may use it at once, with all functions but furnace_container_free(): commands may be spawned
 * from many, and a stop works while a spawn in another thread waits. It belongs to the process that started it: a
 * forked copy of that can't use it, and does not end it by freeing its copy.
 */
typedef struct furnace_container furnace_container;

/**
 * Why a function failed. It is made for whoever asked for it, and never changes: any number of threads may look at
 * it.
 */
typedef struct furnace_error furnace_error;

/**
 * A mount on the host, which goes with this. No container is involved: everything that shares the caller's mount
 * namespace sees it.
 *
 * It is unmounted when it is freed; if it is in use (an open file, a working directory, another mount below it),
 * lazily, with a line in the log: nobody finds it any more, and it is gone when its last user is. This mount goes,
 * never another one: if somebody has unmounted it, nothing is done; if another mount lies over it, it stays until
 * that has gone, which is looked at again whenever one of this process goes. So they may be freed in any order. A
 * forked copy of the process does not unmount it. If the process is killed, nobody does.
 *
 * One thread at a time, in the mount namespace in which it was made.
 */
typedef struct furnace_host_mount furnace_host_mount;

/**
 * How a container that runs already is joined.
 *
 * One thread at a time may set something, while no other uses it.
 */
typedef struct furnace_join_options furnace_join_options;

/**
 * The names in a runtime directory, as they were when it was looked at. It never changes: any number of threads may
 * look at it.
 */
typedef struct furnace_listing furnace_listing;

/**
 * What is mounted in a container: a bind, a tmpfs, or a file from memory. A setter of another kind of mount than it
 * is fails with -EINVAL.
 *
 * One thread at a time may set something, while no other uses it.
 */
typedef struct furnace_mount furnace_mount;

/**
 * A container that was found by its name, and ran then. Whatever happens to the name, this means the same container.
 *
 * Any number of threads may use it at once, with all functions but furnace_named_free().
 */
typedef struct furnace_named furnace_named;

/**
 * What a command wrote, and how it ended. It never changes: any number of threads may look at it.
 */
typedef struct furnace_output furnace_output;

/**
 * What the machine has of what containers may need, check by check: those that every container depends on first. It
 * never changes: any number of threads may look at it.
 */
typedef struct furnace_report furnace_report;

/**
 * A name that no other container can get.
 *
 * One thread at a time.
 */
typedef struct furnace_reservation furnace_reservation;

/**
 * Where containers that outlive their starter are written down: a directory with a file for each name. What is in it
 * is changed under locks, so any number of processes may do so at once.
 *
 * Any number of threads may use it at once, with all functions but furnace_runtime_set_log() and
 * furnace_runtime_free().
 */
typedef struct furnace_runtime furnace_runtime;

/**
 * What an interactive shell is to be. By default it is bash without its startup files, or sh where there is no bash,
 * with the prompt "furnace-debug@NAME DIRECTORY # ", on a terminal of the container's own whatever the caller's
 * streams are. It has the caller's environment but for PROMPT_COMMAND, ENV and SHELL.
 *
 * One thread at a time may set something, while no other uses it.
 */
typedef struct furnace_shell_options furnace_shell_options;

/**
 * A list of strings. It never changes: any number of threads may look at it.
 */
typedef struct furnace_strings furnace_strings;

/**
 * A terminal (pty(7)) of a container's own: commands inside have one end, the caller the other. What is written to
 * the caller's end is typed there, and what is written there can be read here. The caller's terminal is not reachable
 * through it.
 *
 * Any number of threads may use it at once, with all functions but furnace_terminal_free() and
 * furnace_terminal_into_fd().
 */
typedef struct furnace_terminal furnace_terminal;

/**
 * A user of a container, as furnace_container_find_user() has found it. It never changes: any number of threads may
 * look at it.
 */
typedef struct furnace_user furnace_user;

/**
 * Is told what the library does: `level` is one of FURNACE_LOG_*, `message` one line of UTF-8 without a newline,
 * valid until this returns, `data` what was given with the function. It is called in the thread that called the
 * library, before that call returns; in several threads at once, if several are in the library. It must return:
 * neither throw nor longjmp out. What it does with the library itself is not logged.
 */
typedef void (*furnace_log_callback)(int level, const char *message, void *data);

/**
 * Gives what has come, one of FURNACE_EVENT_* at a time, until it is FURNACE_EVENT_NONE; with FURNACE_EVENT_END and
 * FURNACE_EVENT_PASS_ON the number of the signal in `*signal`. It must return: neither throw nor longjmp out.
 */
typedef int (*furnace_event_take)(int *signal, void *data);

/**
 * Is called after FURNACE_EVENT_SUSPEND and FURNACE_EVENT_END, with the caller's terminal as it was found: the signal
 * may now do to this process what it would have. What runs goes on when this returns. It must return, or end the
 * process.
 */
typedef void (*furnace_event_yielded)(int event, int signal, void *data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that runs, as "0.1.0". Never freed.
 */
const char *furnace_version(void);

/**
 * The version of the library that runs: 0x00MMmmpp, with the major number MM, the minor mm and the patch pp. To be
 * compared with FURNACE_VERSION_NUMBER, which is that of the header.
 */
unsigned int furnace_version_number(void);

/**
 * Whether the library has a feature: "changes", "detach", "doctor", "explain", "host-mounts", "id-maps", "images",
 * "join", "log", "mounts", "shell", "terminals", "users". False for what it has never heard of, and for NULL. Whether the
 * machine allows it is another question, which furnace_doctor_examine() answers.
 */
bool furnace_has_feature(const char *name);

/**
 * Frees the error, and all text that it gave.
 */
void furnace_error_free(furnace_error *error);

/**
 * What kind of failure it was: one of FURNACE_ERROR_*. 0 for NULL.
 */
int furnace_error_code(const furnace_error *error);

/**
 * When it failed: one of FURNACE_PHASE_*. 0 for NULL.
 */
int furnace_error_phase(const furnace_error *error);

/**
 * The errno, positive: what the function returned, without the sign. Where the kernel refused something it is the
 * kernel's. 0 for NULL.
 */
int furnace_error_errno(const furnace_error *error);

/**
 * Which step of a start failed: its number, from 1, in the list that furnace_builder_explain() gives. 0 where it was
 * none of them, and for NULL.
 */
int64_t furnace_error_step(const furnace_error *error);

/**
 * The path that could not be used, or NULL where it was about none: one of the host for what comes from there, and
 * one inside the container for what is there. Any bytes; borrowed until the error is freed.
 */
const char *furnace_error_path(const furnace_error *error);

/**
 * What was tried, on what, and why it failed: one line of UTF-8 for people, without a newline. Borrowed until the
 * error is freed. NULL for NULL.
 */
const char *furnace_error_message(const furnace_error *error);

/**
 * What probably helps, where that is known, for people; otherwise NULL. Borrowed until the error is freed.
 */
const char *furnace_error_remedy(const furnace_error *error);

/**
 * Frees the list, and all strings in it.
 */
void furnace_strings_free(furnace_strings *strings);

/**
 * How many there are. 0 for NULL.
 */
size_t furnace_strings_count(const furnace_strings *strings);

/**
 * The string at `index`, from 0: UTF-8, borrowed until the list is freed. NULL beyond the last, and for NULL.
 */
const char *furnace_strings_get(const furnace_strings *strings, size_t index);

/**
 * A bind: the directory or file `source` of the host, shown at `destination` in the container, which is relative to
 * the container's root and never leaves it. By default all that is mounted below it is shown too, and it can be
 * written to. Whatever the source is mounted with (read-only, nosuid, nodev, noexec) stays; what is set here is
 * added, before anybody can see the mount. `*mount` has to be freed with furnace_mount_free().
 */
int furnace_mount_new_bind(const char *source, const char *destination, furnace_mount **mount, furnace_error **error);

/**
 * A tmpfs: a file system in memory at `destination`, empty at first, gone with the container; nosuid and nodev.
 * `*mount` has to be freed with furnace_mount_free().
 */
int furnace_mount_new_tmpfs(const char *destination, furnace_mount **mount, furnace_error **error);

/**
 * A read-only file at `destination` with the `length` bytes at `content`, which are copied: it is never a file of the
 * host's, and gone with the container. `content` may be NULL where `length` is 0. `*mount` has to be freed with
 * furnace_mount_free().
 */
int furnace_mount_new_file(const char *destination,
                           const void *content,
                           size_t length,
                           furnace_mount **mount,
                           furnace_error **error);

/**
 * Frees it. What it was added to, or mounted in, keeps what it has.
 */
void furnace_mount_free(furnace_mount *mount);

/**
 * Of a bind: whether nothing can be changed through it, nor through any mount below it, not for a moment.
 *
 * -EINVAL where it is not a bind.
 */
int furnace_mount_set_read_only(furnace_mount *mount, bool wanted, furnace_error **error);

/**
 * Of a bind: whether set-user-id bits and file capabilities do nothing there.
 *
 * -EINVAL where it is not a bind.
 */
int furnace_mount_set_no_suid(furnace_mount *mount, bool wanted, furnace_error **error);

/**
 * Of a bind: whether device nodes cannot be opened there.
 *
 * -EINVAL where it is not a bind.
 */
int furnace_mount_set_no_dev(furnace_mount *mount, bool wanted, furnace_error **error);

/**
 * Of a bind or a tmpfs: whether nothing can be executed there.
 *
 * -EINVAL where it is a file.
 */
int furnace_mount_set_no_exec(furnace_mount *mount, bool wanted, furnace_error **error);

/**
 * Of a bind: whether what is mounted below the source is shown too; by default it is. Otherwise the directories
 * beneath those mounts are seen.
 *
 * -EINVAL where it is not a bind.
 */
int furnace_mount_set_recursive(furnace_mount *mount, bool wanted, furnace_error **error);

/**
 * Of a bind: whether mounts that the host makes below the source later are seen inside (FURNACE_PROPAGATION_*). By
 * default it is as for the container as a whole, but not for a read-only bind: to that they would come writable.
 *
 * -EINVAL where it is not a bind, or there is no such propagation.
 */
int furnace_mount_set_propagation(furnace_mount *mount, int propagation, furnace_error **error);

/**
 * Of a bind: shows the `count` users or groups of the host (`which` is one of FURNACE_IDS_*) from `host` on as those
 * from `inside` on, and lets what is created inside by one of these belong to the host's id; once for each range. There
 * have to be some of users and some of groups. Ids that no range names are shown as nobody's, and can't be used to create
 * anything. Not every file system can.
 *
 * -EINVAL where it is not a bind, or there is no such `which`. What the ranges are is looked at when it is mounted.
 */
int furnace_mount_add_id_map(furnace_mount *mount,
                             int which,
                             uint32_t host,
                             uint32_t inside,
                             uint32_t count,
                             furnace_error **error);

/**
 * Of a tmpfs: how many bytes it can hold, rounded up to whole pages. By default half of the machine's memory.
 *
 * -EINVAL where it is not a tmpfs.
 */
int furnace_mount_set_size(furnace_mount *mount, uint64_t bytes, furnace_error **error);

/**
 * Of a tmpfs: the mode of its root directory, by default 0755. Of a file: its mode, by default 0444; nobody can write
 * to it, whatever the mode says.
 *
 * -EINVAL where it is a bind.
 */
int furnace_mount_set_mode(furnace_mount *mount, mode_t mode, furnace_error **error);

/**
 * Of a tmpfs or a file: user and group that its root directory, or the file, belongs to; by default root.
 *
 * -EINVAL where it is a bind.
 */
int furnace_mount_set_owner(furnace_mount *mount, uid_t uid, gid_t gid, furnace_error **error);

/**
 * A new one, for containers with the root directory `root`. The path is made absolute at once, and resolved by the
 * first start. `*builder` has to be freed with furnace_builder_free().
 *
 * A regular file is a disk image: with an ext4, xfs, btrfs, squashfs or erofs file system, in the whole of it or in a
 * partition (furnace_builder_set_partition()). It is attached through a loop device, which goes with the container.
 * What is changed is kept in it; but a squashfs or erofs, which can't be changed, gets an ephemeral layer, and so
 * does a read-only root. The kernel parses what is in the image: do this with images that you trust.
 */
int furnace_builder_new(const char *root, furnace_builder **builder, furnace_error **error);

/**
 * A copy, which can be changed without changing the first. `*copy` has to be freed with furnace_builder_free().
 */
int furnace_builder_copy(const furnace_builder *builder, furnace_builder **copy, furnace_error **error);

/**
 * Frees the builder. Containers that it has started go on.
 */
void furnace_builder_free(furnace_builder *builder);

/**
 * Lets `callback` be told, with `data`, what is done that is as important as `level` (one of FURNACE_LOG_*), or more:
 * by the functions of this builder, and of all containers, commands and children that come of it from now on, and of
 * nothing else in the process. `data` has to be good until the last of these is freed. A `callback` of NULL ends it.
 *
 * -EINVAL where there is no such level.
 */
int furnace_builder_set_log(furnace_builder *builder,
                            int level,
                            furnace_log_callback callback,
                            void *data,
                            furnace_error **error);

/**
 * What a start would do, step by step, in words. Nothing is started and nothing is touched, and no privilege is
 * needed but to see what was asked for. `*steps` has to be freed with furnace_strings_free().
 *
 * Fails as furnace_builder_start() does before anything is touched.
 */
int furnace_builder_explain(const furnace_builder *builder, furnace_strings **steps, furnace_error **error);

/**
 * Starts a container. `*container` has to be freed with furnace_container_free(), which stops it.
 *
 * Takes about a millisecond, and no longer than the time limit. Fails with FURNACE_PHASE_CONFIGURE when something
 * that was asked for makes no sense (-EINVAL) or is not there (-ENOENT and others), or the caller is not root
 * (-EPERM); with FURNACE_PHASE_START when a step of making it failed. Nothing is left in either case, but mount
 * targets that were made in the root directory.
 */
int furnace_builder_start(const furnace_builder *builder, furnace_container **container, furnace_error **error);

/**
 * Starts a container and, where it can, does not wait until it is made: a command that is spawned at once is on its way
 * before. Whatever is done first with such a container waits until it is made, and fails as furnace_builder_start() does
 * where it could not be. It is the same as that where the caller is handed something (terminals, which
 * furnace_builder_set_terminals() is for, or a layer of changes), or the root's own systemd-tmpfiles comes first.
 * `*container` has to be freed with furnace_container_free().
 *
 * Fails as furnace_builder_start() does, but for the steps of making it.
 */
int furnace_builder_start_ahead(const furnace_builder *builder,
                                furnace_container **container,
                                furnace_error **error);

/**
 * Shows the directory or file `source` of the host, and all that is mounted below it, at `destination` in the
 * container. Later mounts lie over earlier ones.
 *
 * A relative `destination` is relative to the container's root, which it never leaves. What is missing of it is made,
 * and stays in the root directory: parents and a directory with mode 0755, or an empty file.
 */
int furnace_builder_add_bind(furnace_builder *builder,
                             const char *source,
                             const char *destination,
                             furnace_error **error);

/**
 * As furnace_builder_add_bind(), but nothing can be changed through it, nor through any mount below it: not for a
 * moment.
 */
int furnace_builder_add_bind_ro(furnace_builder *builder,
                                const char *source,
                                const char *destination,
                                furnace_error **error);

/**
 * Adds a mount of any kind. It is copied: `mount` stays the caller's, to be changed, added again, or freed.
 */
int furnace_builder_add_mount(furnace_builder *builder, const furnace_mount *mount, furnace_error **error);

/**
 * What /dev is: FURNACE_DEV_MINIMAL, which is the default, or FURNACE_DEV_HOST.
 *
 * -EINVAL where it is neither of them.
 */
int furnace_builder_set_dev(furnace_builder *builder, int dev, furnace_error **error);

/**
 * Gives the device `path` of the host to the container, such as "/dev/fuse", with the same name, numbers and mode.
 */
int furnace_builder_add_device(furnace_builder *builder, const char *path, furnace_error **error);

/**
 * Whether mounts that the host makes below the root after the start are seen inside: FURNACE_PROPAGATION_SLAVE, which
 * is the default, or FURNACE_PROPAGATION_PRIVATE. None that is made inside is ever seen outside.
 *
 * -EINVAL where it is neither of them.
 */
int furnace_builder_set_propagation(furnace_builder *builder, int propagation, furnace_error **error);

/**
 * Which partition of the disk image is the root, from 1; see furnace_builder_new().
 */
int furnace_builder_set_partition(furnace_builder *builder, uint32_t number, furnace_error **error);

/**
 * Whether all that changes in the root is kept in memory, and vanishes with the container; by default it is not. The
 * root directory itself is then not changed at all; file systems mounted below it are not seen.
 */
int furnace_builder_set_ephemeral(furnace_builder *builder, bool wanted, furnace_error **error);

/**
 * How many bytes an ephemeral root may keep in memory; by default half of the machine's. What is beyond that fails
 * inside with ENOSPC.
 */
int furnace_builder_set_ephemeral_size(furnace_builder *builder, uint64_t bytes, furnace_error **error);

/**
 * Lays `directory` over the root directory and those laid before: its files hide theirs, its directories are merged
 * with theirs. None of them is changed: without furnace_builder_set_overlay() or furnace_builder_set_ephemeral() the
 * root can't be written to. File systems mounted below them are not seen. At most 63.
 */
int furnace_builder_add_lower(furnace_builder *builder, const char *directory, furnace_error **error);

/**
 * Keeps all that changes in the root in the directory `upper`, for the next container, and leaves the root directory
 * as it is. `upper` must exist, on a file system that the kernel takes for that (ext4, xfs, btrfs, tmpfs and others),
 * and only one container uses it at a time.
 *
 * The kernel needs a work directory beside it, which is made with the name of `upper` and ".work", and removed with
 * the container; see furnace_builder_set_overlay_work().
 */
int furnace_builder_set_overlay(furnace_builder *builder, const char *upper, furnace_error **error);

/**
 * The work directory for furnace_builder_set_overlay(): an empty directory on the same file system, which is then
 * neither made nor removed.
 */
int furnace_builder_set_overlay_work(furnace_builder *builder, const char *work, furnace_error **error);

/**
 * Whether nothing in the root can be changed from inside, but through the mounts in it; by default it can. Mount
 * targets that are missing in the root directory are made before. A root user inside who keeps CAP_SYS_ADMIN can
 * remount it.
 */
int furnace_builder_set_read_only(furnace_builder *builder, bool wanted, furnace_error **error);

/**
 * Whether the container has a network of its own, with nothing in it but a loopback interface, which is up. By
 * default it has the host's, and sees the host's /etc/resolv.conf.
 */
int furnace_builder_set_isolate_network(furnace_builder *builder, bool wanted, furnace_error **error);

/**
 * Whether the container is in a session of its own from the beginning, and so has no part in the caller's terminal:
 * nothing inside can reach that through /dev/tty, and Ctrl-C there does not reach commands. By default it is in the
 * caller's session. A command in such a container can't join the process group of another.
 */
int furnace_builder_set_own_session(furnace_builder *builder, bool wanted, furnace_error **error);

/**
 * Whether the caller can make terminals in the container (furnace_container_terminal()); by default it can. Without, a
 * start and a stop each take a few hundredths of a millisecond less. Whoever is inside can make them anyway.
 */
int furnace_builder_set_terminals(furnace_builder *builder, bool wanted, furnace_error **error);

/**
 * The host name inside, of 1 to 64 bytes. By default "localhost".
 */
int furnace_builder_set_hostname(furnace_builder *builder, const char *name, furnace_error **error);

/**
 * Whether the host's /etc/resolv.conf is shown inside, read-only, when the container has the host's network. By
 * default it is. The root directory is not changed by it, except that the file is made where there is none.
 */
int furnace_builder_set_resolv_conf(furnace_builder *builder, bool wanted, furnace_error **error);

/**
 * Whether the root's own systemd-tmpfiles, where it has one, fills /dev and /run once the container is made; by
 * default it does. It runs inside like any command; a start waits for it, but no longer than ten seconds, and goes on
 * without it, with a line in the log, if it fails.
 */
int furnace_builder_set_tmpfiles(furnace_builder *builder, bool wanted, furnace_error **error);

/**
 * How long a start, and each spawn in the container, may take before it fails with -ETIMEDOUT. By default 30000,
 * which is half a minute. Something inside can hold a spawn up (by stopping the newcomer, for one), but not beyond
 * this.
 */
int furnace_builder_set_time_limit(furnace_builder *builder, uint64_t milliseconds, furnace_error **error);

/**
 * Frees the container, and stops it, unless it has been detached, attached or joined: then it is left as it is. What
 * a failing stop would tell is only logged. Its commands and children may be freed before or after.
 */
void furnace_container_free(furnace_container *container);

/**
 * Kills all that runs in the container and waits until nothing of it is left. To stop it again is no error; nor is it
 * that the container has died by itself. Commands that nobody waited for are reaped, and furnace_child_wait() still
 * tells how they ended.
 *
 * -ETIMEDOUT when something that was killed has not ended within 30 seconds: it sits in the kernel, or a debugger
 * outside holds it. -EINVAL in a forked copy of the process that started it.
 */
int furnace_container_stop(const furnace_container *container, furnace_error **error);

/**
 * The pid of the container's PID 1, in the caller's pid namespace. -EINVAL for NULL.
 */
pid_t furnace_container_pid(const furnace_container *container);

/**
 * A command to run in the container: `program` is looked up there, along the command's PATH. `*command` has to be
 * freed with furnace_command_free(); it may outlive the container, but not be spawned then.
 */
int furnace_container_command(const furnace_container *container,
                              const char *program,
                              furnace_command **command,
                              furnace_error **error);

/**
 * Makes a new terminal in the container, for a command to be on (furnace_command_set_terminal()). `*terminal` has to
 * be freed with furnace_terminal_free().
 *
 * -ENOSPC when no more terminals can be had (see the sysctl kernel.pty.max); -EOPNOTSUPP where the container has no
 * /dev/pts of its own, or was started without terminals.
 */
int furnace_container_terminal(const furnace_container *container, furnace_terminal **terminal, furnace_error **error);

/**
 * The user that `user` means in this container: "USER" or "USER:GROUP", each a number or a name. `*found` has to be
 * freed with furnace_user_free().
 *
 * A number means itself: its group defaults to the same number, there are no supplementary groups, and nothing is
 * read. A name is looked up in the container's /etc/passwd and /etc/group; so root inside, or whoever has made the
 * root directory, decides which number it is. Nothing of the host is asked, and nothing of the container is executed.
 *
 * -EINVAL for what is no user, or for a file that is not as it has to be; -ENOENT when there is no such user or
 * group, or no such file; -ETIMEDOUT when something inside has held it up for longer than the container's time limit.
 */
int furnace_container_find_user(const furnace_container *container,
                                const char *user,
                                furnace_user **found,
                                furnace_error **error);

/**
 * New ones, which are as if there were none. `*options` has to be freed with furnace_join_options_free().
 */
int furnace_join_options_new(furnace_join_options **options, furnace_error **error);

/**
 * Frees the options. What was joined with them goes on.
 */
void furnace_join_options_free(furnace_join_options *options);

/**
 * Whether commands begin in a session that is not the caller's, as with furnace_builder_set_own_session(). By default
 * they don't.
 */
int furnace_join_options_set_own_session(furnace_join_options *options, bool wanted, furnace_error **error);

/**
 * How long joining, and each spawn, may take before it fails with -ETIMEDOUT; by default 30000.
 */
int furnace_join_options_set_time_limit(furnace_join_options *options, uint64_t milliseconds, furnace_error **error);

/**
 * As furnace_builder_set_log(): for joining, and for the container that comes of it.
 */
int furnace_join_options_set_log(furnace_join_options *options,
                                 int level,
                                 furnace_log_callback callback,
                                 void *data,
                                 furnace_error **error);

/**
 * Attaches to the container of that name, which this user has detached, in any process. `options` may be NULL.
 * `*container` has to be freed with furnace_container_free(), which leaves the container as it is; its commands are
 * children of this process.
 *
 * What is different from the container that was started: furnace_container_changes() and
 * furnace_container_layer_usage() fail, and what is mounted takes in no mount that is made later, unless it is told
 * otherwise.
 *
 * -ENOENT when nothing has that name, -ESRCH when the container has ended, -EBUSY while it is being started, -EINVAL
 * for what is no name, -EPERM for who is not root; otherwise what the kernel refuses it with.
 */
int furnace_container_attach(const char *name,
                             const furnace_join_options *options,
                             furnace_container **container,
                             furnace_error **error);

/**
 * Joins the process `pid`: its namespaces, and its root directory. It may be of a container that Furnace did not
 * make, or of none; with it, what is joined ends. In a user namespace commands begin as its root, or else as the
 * first user that it has. `options` may be NULL. `*container` has to be freed with furnace_container_free(), which
 * leaves what was joined as it is.
 *
 * -ENOENT when there is no such process, -EINVAL where `pid` is not positive or that of a thread, -ESRCH when it has
 * ended meanwhile, -EPERM for who is not root; otherwise what the kernel refuses it with.
 */
int furnace_container_join(pid_t pid,
                           const furnace_join_options *options,
                           furnace_container **container,
                           furnace_error **error);

/**
 * How the root differs from the tree below its layer: `*changes` looks as it goes, at any time while the container
 * runs, and also after a stop if it was asked for before. Mount targets that were made are differences too; what is
 * in mounts is not looked at. It has to be freed with furnace_changes_free(); until then it keeps an ephemeral layer
 * in memory, and the loop device of an image.
 *
 * -ENODATA where the root has no layer: with furnace_builder_set_overlay() and furnace_builder_set_ephemeral() it
 * has. -ESRCH after a stop; -EOPNOTSUPP for a container that was attached or joined, since only who started it holds
 * its layer.
 */
int furnace_container_changes(const furnace_container *container, furnace_changes **changes, furnace_error **error);

/**
 * How full the file system is that keeps the changes of the root: `*size` bytes in all, of which `*available` can
 * still be taken; `*full` if it can take nothing more, no byte or no file. Each of these may be NULL. A command
 * inside that finds it full fails with ENOSPC, which says nothing of this.
 *
 * Fails as furnace_container_changes() does.
 */
int furnace_container_layer_usage(const furnace_container *container,
                                  uint64_t *size,
                                  uint64_t *available,
                                  bool *full,
                                  furnace_error **error);

/**
 * Lets the container live on under `name`, whatever becomes of this process. The name begins with a letter or a
 * digit, and holds these, '_', '-' and '.' only; 200 at most. No other process stays for that than the container's
 * own PID 1, in a session of its own. It stays in the cgroup of the process that started it, and ends with that
 * cgroup's processes.
 *
 * `container` goes on to be a handle on it, as if it had been attached: freeing it leaves the container as it is.
 *
 * -EEXIST when a container of that name runs or is being started; -EINVAL for what is no name, and where it has been
 * detached already: then nothing has changed. After any other error in FURNACE_PHASE_DETACH the container has ended,
 * for nobody could know whether it would have otherwise.
 */
int furnace_container_detach(const furnace_container *container, const char *name, furnace_error **error);

/**
 * As furnace_container_detach(), with a name that was taken before (furnace_runtime_reserve()), and in the runtime
 * directory that it was taken in. `reservation` is freed by this, whether it succeeds or fails.
 */
int furnace_container_detach_as(const furnace_container *container,
                                furnace_reservation *reservation,
                                furnace_error **error);

/**
 * Mounts something in the container while it runs: what runs there already sees it at once. What is missing of the
 * destination is made, and stays. The destination is looked up inside, as it is now. `mount` stays the caller's.
 *
 * -EINVAL for a mount that makes no sense; -ESRCH when the container has ended; -ETIMEDOUT when something inside, a
 * file system served from there for one, has held it up for longer than the container's time limit; otherwise what
 * the kernel refuses it with. After any error but -ETIMEDOUT nothing has been mounted.
 */
int furnace_container_mount(const furnace_container *container, const furnace_mount *mount, furnace_error **error);

/**
 * Unmounts what is mounted at `destination` in the container, with all that is mounted below it, whoever mounted it.
 * It is gone from the tree at once, but stays for those that have something of it open.
 *
 * -EINVAL when nothing is mounted there; otherwise as furnace_container_mount().
 */
int furnace_container_unmount(const furnace_container *container, const char *destination, furnace_error **error);

/**
 * Frees the user, and all text that it gave.
 */
void furnace_user_free(furnace_user *user);

/**
 * The name, if it was looked up by that; otherwise NULL. Borrowed until the user is freed.
 */
const char *furnace_user_name(const furnace_user *user);

/**
 * The user id. (uid_t)-1, which is none, for NULL.
 */
uid_t furnace_user_uid(const furnace_user *user);

/**
 * The group id. (gid_t)-1, which is none, for NULL.
 */
gid_t furnace_user_gid(const furnace_user *user);

/**
 * The supplementary groups, without the first group, and each once: `*count` of them. `count` may be NULL. Borrowed
 * until the user is freed. NULL, and a count of 0, for NULL.
 */
const gid_t *furnace_user_groups(const furnace_user *user, size_t *count);

/**
 * The home directory, a path inside; "/" for one that was given by number. Borrowed until the user is freed.
 */
const char *furnace_user_home(const furnace_user *user);

/**
 * The login shell, a path inside; "/bin/sh" for one that was given by number. Borrowed until the user is freed.
 */
const char *furnace_user_shell(const furnace_user *user);

/**
 * Frees the command, and the descriptors that it holds. What has been spawned runs on.
 */
void furnace_command_free(furnace_command *command);

/**
 * Starts it. `*child` has to be freed with furnace_child_free(), which neither kills it nor waits for it.
 *
 * FURNACE_PHASE_EXECUTE when the program is not there (-ENOENT) or can't be executed (-EACCES, -ENOEXEC and others);
 * FURNACE_PHASE_CONFIGURE, -EINVAL, when an argument makes no sense; FURNACE_PHASE_SPAWN when something else was in
 * the way: -ESRCH if the container is no more, -ETIMEDOUT if something inside held it up.
 */
int furnace_command_spawn(furnace_command *command, furnace_child **child, furnace_error **error);

/**
 * Starts it, and waits until it ends. `*wait_status` tells how, as waitpid(2) does: for WIFEXITED() and its kin of
 * <sys/wait.h>. Such an end is no failure of this function, whatever the status is.
 *
 * Fails as furnace_command_spawn() and furnace_child_wait() do.
 */
int furnace_command_run(furnace_command *command, int *wait_status, furnace_error **error);

/**
 * Starts it, and collects what it writes until it ends. Unless set otherwise, its standard input is empty, and
 * standard output and error go into `*output`, which has to be freed with furnace_output_free().
 *
 * Fails as furnace_command_spawn() and furnace_child_wait_with_output() do.
 */
int furnace_command_output(furnace_command *command, furnace_output **output, furnace_error **error);

/**
 * Adds an argument, after those that were added before. The name of the program is none of them.
 */
int furnace_command_add_arg(furnace_command *command, const char *arg, furnace_error **error);

/**
 * Adds arguments: the strings of an array that ends with NULL.
 */
int furnace_command_add_args(furnace_command *command, const char *const *args, furnace_error **error);

/**
 * What the command is told that its name is (argv[0]), instead of the program's.
 */
int furnace_command_set_arg0(furnace_command *command, const char *name, furnace_error **error);

/**
 * Sets an environment variable. The others are the caller's, as they are when it is spawned, unless removed.
 */
int furnace_command_set_env(furnace_command *command, const char *name, const char *value, furnace_error **error);

/**
 * Removes an environment variable, be it inherited or set before.
 */
int furnace_command_unset_env(furnace_command *command, const char *name, furnace_error **error);

/**
 * Removes all environment variables.
 */
int furnace_command_clear_env(furnace_command *command, furnace_error **error);

/**
 * Replaces the environment: by the strings "NAME=value" of an array that ends with NULL, such as environ(7). Of one
 * name the last one counts.
 *
 * -EINVAL where a string has no '=': then nothing is changed.
 */
int furnace_command_set_envp(furnace_command *command, const char *const *envp, furnace_error **error);

/**
 * The working directory, as seen in the container; a relative one is relative to /, which is the default. It is
 * entered as the command's user, and never through a link of /proc that leads to an open descriptor.
 */
int furnace_command_set_current_dir(furnace_command *command, const char *directory, furnace_error **error);

/**
 * Leads a standard stream (`number` is 0 for input, 1 for output, 2 for error) to the caller's descriptor `fd`. It is
 * duplicated now, so that the caller may close his own at once; the duplicate is closed when the stream is set
 * otherwise, or the command freed.
 *
 * -EBADF where `fd` is no open descriptor; -EINVAL where there is no such stream.
 */
int furnace_command_set_stream_fd(furnace_command *command, int number, int fd, furnace_error **error);

/**
 * Leads a standard stream to nowhere: nothing can be read there, and what is written is gone.
 *
 * -EINVAL where there is no such stream.
 */
int furnace_command_set_stream_null(furnace_command *command, int number, furnace_error **error);

/**
 * Leads a standard stream to a pipe, a new one each time that the command is spawned; the caller's end of it is had
 * by furnace_child_take_stream().
 *
 * -EINVAL where there is no such stream.
 */
int furnace_command_set_stream_pipe(furnace_command *command, int number, furnace_error **error);

/**
 * Leads a standard stream to where the caller's own leads when it is spawned, which is the default.
 *
 * -EINVAL where there is no such stream.
 */
int furnace_command_set_stream_inherit(furnace_command *command, int number, furnace_error **error);

/**
 * Gives the command the caller's descriptor `fd` at the number `number`, 3 or more, each number once. It is
 * duplicated now, so that the caller may close his own at once; the duplicate is closed when the command is freed. Up
 * to 252 descriptors can be given, the standard streams included.
 *
 * -EBADF where `fd` is no open descriptor; -EINVAL where `number` is less than 3. That a number has been
 * given twice is told when it is spawned.
 */
int furnace_command_set_fd(furnace_command *command, int number, int fd, furnace_error **error);

/**
 * The user id to run as. Supplementary groups are dropped, unless set by furnace_command_set_groups().
 *
 * That (uid_t)-1 is no id is told when it is spawned.
 */
int furnace_command_set_uid(furnace_command *command, uid_t uid, furnace_error **error);

/**
 * The group id to run as.
 *
 * That (gid_t)-1 is no id is told when it is spawned.
 */
int furnace_command_set_gid(furnace_command *command, gid_t gid, furnace_error **error);

/**
 * The supplementary groups to have, exactly: the `count` ids at `groups`, which may be NULL where `count` is 0.
 *
 * -EINVAL where it is NULL although `count` is not 0.
 */
int furnace_command_set_groups(furnace_command *command, const gid_t *groups, size_t count, furnace_error **error);

/**
 * The user to run as, with group and supplementary groups. For one that was looked up by name, HOME, SHELL, USER and
 * LOGNAME are set as su(1) sets them. `user` is copied.
 */
int furnace_command_set_user(furnace_command *command, const furnace_user *user, furnace_error **error);

/**
 * The process group to join, by its id as the caller sees it; 0 for a new one. See setpgid(2).
 *
 * -EINVAL where `group` is negative.
 */
int furnace_command_set_process_group(furnace_command *command, pid_t group, furnace_error **error);

/**
 * Whether the command leads a new session, without a controlling terminal: then neither kill(0, ...) inside nor the
 * caller's terminal reach across. See setsid(2).
 */
int furnace_command_set_new_session(furnace_command *command, bool wanted, furnace_error **error);

/**
 * The file mode creation mask (umask(2)), of which only the lowest nine bits count. By default it is what the caller
 * had when the container was started.
 */
int furnace_command_set_umask(furnace_command *command, mode_t mask, furnace_error **error);

/**
 * Lets the command begin with a signal ignored (signal(7)), as nohup(1) does with SIGHUP. Without this and
 * furnace_command_default_signal() it ignores what the caller ignored when the container was started, but for SIGPIPE
 * and SIGCHLD.
 *
 * That there is no such signal, or that it can't be ignored, is told when it is spawned.
 */
int furnace_command_ignore_signal(furnace_command *command, int signal, furnace_error **error);

/**
 * Lets the command begin with the default action of a signal (signal(7)), even if the caller ignored it when the
 * container was started.
 *
 * That there is no such signal is told when it is spawned.
 */
int furnace_command_default_signal(furnace_command *command, int signal, furnace_error **error);

/**
 * The terminal that the command is on: its standard streams lead there, but for those that are set otherwise, and it
 * leads a new session that the terminal controls. `terminal` may be freed before the command is spawned, which hangs
 * it up, however.
 */
int furnace_command_set_terminal(furnace_command *command, const furnace_terminal *terminal, furnace_error **error);

/**
 * Frees the output, and all bytes that it gave.
 */
void furnace_output_free(furnace_output *output);

/**
 * How the command ended, as waitpid(2) tells it: for WIFEXITED() and its kin of <sys/wait.h>. -1 for NULL.
 */
int furnace_output_status(const furnace_output *output);

/**
 * What the command wrote to its standard output: `*length` bytes, and a NUL byte behind them that is not counted.
 * `length` may be NULL. Borrowed until the output is freed. NULL, and a length of 0, for NULL.
 */
const char *furnace_output_stdout(const furnace_output *output, size_t *length);

/**
 * What the command wrote to its standard error; otherwise as furnace_output_stdout().
 */
const char *furnace_output_stderr(const furnace_output *output, size_t *length);

/**
 * Frees the child, and closes those ends of its pipes that were not taken. Neither kills it nor waits for it: what
 * has not been waited for is reaped when the container stops.
 */
void furnace_child_free(furnace_child *child);

/**
 * Its pid, in the pid namespace of the caller. -EINVAL for NULL.
 */
pid_t furnace_child_pid(const furnace_child *child);

/**
 * Its pidfd (pidfd_open(2)), which becomes readable when it ends: for poll(2) and its kin. Borrowed until the child
 * is freed: it must not be closed. -EINVAL for NULL.
 */
int furnace_child_pidfd(const furnace_child *child);

/**
 * Takes the caller's end of the pipe that a standard stream leads to: `number` is 0 for input, 1 for output, 2 for
 * error. `*fd`, which is close-on-exec, is the caller's from now on, who has to close it.
 *
 * -EINVAL where the stream is no pipe or has been taken, or there is no such stream.
 */
int furnace_child_take_stream(const furnace_child *child, int number, int *fd, furnace_error **error);

/**
 * Sends it a signal (signal(7)), such as SIGTERM. One that has ended is no error, nor can the signal reach another
 * process that has its pid by now.
 *
 * -EINVAL for a number that is no signal; -EPERM if it has taken an identity beyond the caller's
 * rights.
 */
int furnace_child_kill(const furnace_child *child, int signal, furnace_error **error);

/**
 * Closes its standard input, if that is a pipe that was not taken, and waits until it ends. `*wait_status` tells how,
 * as waitpid(2) does: for WIFEXITED() and its kin of <sys/wait.h>. It may be asked again, and in several threads.
 *
 * -ECHILD if somebody else took its status: another part of the program by a wait(2), or the kernel since SIGCHLD is
 * ignored; from Linux 6.15 on the status is known even then.
 */
int furnace_child_wait(const furnace_child *child, int *wait_status, furnace_error **error);

/**
 * Whether it has ended, and how: `*wait_status`, which is as for furnace_child_wait(), and only written where
 * `*ended` is true. Does not wait, and leaves its standard input open.
 *
 * Fails as furnace_child_wait() does.
 */
int furnace_child_try_wait(const furnace_child *child, bool *ended, int *wait_status, furnace_error **error);

/**
 * As furnace_child_wait(), but no longer than `milliseconds`. Where it has not ended by then, `*ended` is false,
 * `*wait_status` is not written, and it goes on; that is no failure.
 *
 * Fails as furnace_child_wait() does.
 */
int furnace_child_wait_timeout(const furnace_child *child,
                               uint64_t milliseconds,
                               bool *ended,
                               int *wait_status,
                               furnace_error **error);

/**
 * Closes its standard input, collects what it writes to those of its streams that are pipes and were not taken, and
 * waits for it. `*output` has to be freed with furnace_output_free().
 *
 * Fails as furnace_child_wait() does, and with what read(2) fails with.
 */
int furnace_child_wait_with_output(const furnace_child *child, furnace_output **output, furnace_error **error);

/**
 * Frees the terminal, and hangs it up for what runs on it.
 */
void furnace_terminal_free(furnace_terminal *terminal);

/**
 * The caller's end: to be read from, written to, polled. Close-on-exec. Borrowed until the terminal is freed: it must
 * not be closed. -EINVAL for NULL.
 */
int furnace_terminal_fd(const furnace_terminal *terminal);

/**
 * Frees the terminal, but for the caller's end, which becomes `*fd`, for the caller to close. No command can be put
 * on it any more; and reading from it fails with EIO once the last command that has it is gone. `terminal` is freed
 * by this, whether it succeeds or fails.
 */
int furnace_terminal_into_fd(furnace_terminal *terminal, int *fd, furnace_error **error);

/**
 * The size in characters; what runs on it hears of a change by SIGWINCH.
 *
 * Fails when the container is gone.
 */
int furnace_terminal_set_size(const furnace_terminal *terminal, uint16_t rows, uint16_t columns, furnace_error **error);

/**
 * The size in characters.
 *
 * Fails when the container is gone.
 */
int furnace_terminal_size(const furnace_terminal *terminal, uint16_t *rows, uint16_t *columns, furnace_error **error);

/**
 * Gives the terminal to a user of the container, who then can open it by its name. At first it is root's.
 *
 * Fails when the container is gone.
 */
int furnace_terminal_set_owner(const furnace_terminal *terminal, uid_t uid, furnace_error **error);

/**
 * A new one: the standard streams of this process, and a terminal where input and output both are one. `*console` has
 * to be freed with furnace_console_free().
 */
int furnace_console_new(furnace_console **console, furnace_error **error);

/**
 * Frees it, and closes the descriptors that it holds.
 */
void furnace_console_free(furnace_console *console);

/**
 * Other streams than the standard ones: what is typed comes from `input`, what is shown goes to `output` and
 * `errors`. They are duplicated now, so that the caller may close his own at once. What is set on them for all who
 * have them, such as O_NONBLOCK, stays as it is.
 *
 * -EBADF for what is no open descriptor.
 */
int furnace_console_set_streams(furnace_console *console, int input, int output, int errors, furnace_error **error);

/**
 * Whether the command is on a terminal of the container's own. If nothing is said it is where input and output both
 * are one, and standard error, if it is none, then stays as it is. With true all three streams lead there, whatever
 * they are. With false files and pipes are passed as they are, and pipes are where the caller has a terminal.
 */
int furnace_console_set_terminal(furnace_console *console, bool wanted, furnace_error **error);

/**
 * Whether what is typed on the caller's terminal is passed on, by lines, to a command without one; by default such a
 * command finds its input empty.
 */
int furnace_console_set_typed(furnace_console *console, bool wanted, furnace_error **error);

/**
 * Whether a command will be on a terminal, as far as it can be told without a container. False for NULL.
 */
bool furnace_console_wants_terminal(const furnace_console *console);

/**
 * Runs `command`, which is one of `container`, with `console` at its other end, until it ends. `*wait_status` tells
 * how, as waitpid(2) does. Meanwhile what is typed goes to the command key by key, Ctrl-C and Ctrl-Z too; when the
 * caller's terminal is hung up, or nobody reads the output any more, the command's is hung up. Streams that the
 * command was given itself stay as they are.
 *
 * Fails as furnace_container_terminal(), furnace_command_spawn() and furnace_child_wait() do; in FURNACE_PHASE_CARRY
 * when the output can't be written (-ENOSPC and others): the command may still run then, with its terminal hung up.
 */
int furnace_console_run(const furnace_console *console,
                        const furnace_container *container,
                        furnace_command *command,
                        int *wait_status,
                        furnace_error **error);

/**
 * Leaves every terminal as it was found: those that furnace_console_run() and furnace_container_shell() of this
 * process have changed, in any thread. They do so themselves when they end; this is for ends that they do not live to
 * see, such as exit(3) in another thread. It never waits, and takes a lock: it is not for signal handlers.
 */
void furnace_restore_terminals(void);

/**
 * Lets what runs hear of signals that the caller catches: `fd`, which is duplicated now, is readable as long as
 * `take` has something to give, as with a pipe that a handler writes to, or a signalfd(2). Both functions are called
 * in the thread that runs the command, with `data`, which has to be good until the console is freed, and what it was
 * copied to; `yielded` may be NULL.
 *
 * The library catches no signal by itself. Without this, the size of the window is looked at a few times a second,
 * and what is sent to this process does to it what it always does.
 *
 * -EBADF where `fd` is no open descriptor; -EINVAL where `take` is NULL.
 */
int furnace_console_set_signals(furnace_console *console,
                                int fd,
                                furnace_event_take take,
                                furnace_event_yielded yielded,
                                void *data,
                                furnace_error **error);

/**
 * New ones, which are as if there were none. `*options` has to be freed with furnace_shell_options_free().
 */
int furnace_shell_options_new(furnace_shell_options **options, furnace_error **error);

/**
 * Frees the options.
 */
void furnace_shell_options_free(furnace_shell_options *options);

/**
 * The host name in the prompt; by default that of the container if this process has started it, else the name that it
 * was attached by, or "pid-N" for a process N that was joined. What a shell or a terminal might take for more than
 * text is shown as '?'.
 */
int furnace_shell_options_set_hostname(furnace_shell_options *options, const char *name, furnace_error **error);

/**
 * Whether the prompt is coloured. By default it is, unless the caller's environment has a NO_COLOR, or no TERM or a
 * dumb one.
 */
int furnace_shell_options_set_colours(furnace_shell_options *options, bool wanted, furnace_error **error);

/**
 * Adds arguments, after those that make it interactive: the strings of an array that ends with NULL.
 */
int furnace_shell_options_add_args(furnace_shell_options *options, const char *const *args, furnace_error **error);

/**
 * Sets an environment variable. PS1 is the prompt, in place of the usual one.
 */
int furnace_shell_options_set_env(furnace_shell_options *options,
                                  const char *name,
                                  const char *value,
                                  furnace_error **error);

/**
 * Removes an environment variable, be it inherited or set before.
 */
int furnace_shell_options_unset_env(furnace_shell_options *options, const char *name, furnace_error **error);

/**
 * Removes all environment variables, but for TERM and those that are set after this.
 */
int furnace_shell_options_clear_env(furnace_shell_options *options, furnace_error **error);

/**
 * The working directory, as seen in the container; by default /.
 */
int furnace_shell_options_set_current_dir(furnace_shell_options *options, const char *directory, furnace_error **error);

/**
 * The user id to run as, who then owns the terminal. Supplementary groups are dropped, unless set.
 */
int furnace_shell_options_set_uid(furnace_shell_options *options, uid_t uid, furnace_error **error);

/**
 * The group id to run as.
 */
int furnace_shell_options_set_gid(furnace_shell_options *options, gid_t gid, furnace_error **error);

/**
 * The supplementary groups to have, exactly: the `count` ids at `groups`, which may be NULL where `count` is 0.
 */
int furnace_shell_options_set_groups(furnace_shell_options *options,
                                     const gid_t *groups,
                                     size_t count,
                                     furnace_error **error);

/**
 * The user to run as, who then owns the terminal, as furnace_command_set_user() has it. `user` is copied.
 */
int furnace_shell_options_set_user(furnace_shell_options *options, const furnace_user *user, furnace_error **error);

/**
 * Opens a shell in the container for whoever sits at the caller's terminal, and runs it to its end; job control, keys
 * and the size of the window work. `options` may be NULL, and so may `console`: then it has the standard streams of
 * this process. A `console` of which nothing is said about a terminal is with one. `*wait_status` tells how the shell
 * ended, as waitpid(2) does.
 *
 * Fails as furnace_console_run() does; with -ENOENT in FURNACE_PHASE_EXECUTE when there is no shell.
 */
int furnace_container_shell(const furnace_container *container,
                            const furnace_shell_options *options,
                            const furnace_console *console,
                            int *wait_status,
                            furnace_error **error);

/**
 * The one at `path`, which is made when the first name is; nobody but this user may be able to write to it. For a
 * `path` of NULL the one that this user's containers are in: root's is /run/furnace, another user's
 * $XDG_RUNTIME_DIR/furnace. `*runtime` has to be freed with furnace_runtime_free().
 *
 * -EINVAL where `path` is NULL, the user is not root, and XDG_RUNTIME_DIR is not set to an absolute path.
 */
int furnace_runtime_new(const char *path, furnace_runtime **runtime, furnace_error **error);

/**
 * Frees it. Nothing of the directory is changed.
 */
void furnace_runtime_free(furnace_runtime *runtime);

/**
 * As furnace_builder_set_log(): for the functions of this handle, and of reservations and named containers that come
 * of it.
 */
int furnace_runtime_set_log(furnace_runtime *runtime,
                            int level,
                            furnace_log_callback callback,
                            void *data,
                            furnace_error **error);

/**
 * Where it is. Borrowed until it is freed.
 */
const char *furnace_runtime_path(const furnace_runtime *runtime);

/**
 * All names, in alphabetical order; none where the directory is not there. `*listing` has to be freed with
 * furnace_listing_free().
 *
 * Fails when the directory can't be read; with -EPERM where somebody else could write to it.
 */
int furnace_runtime_list(const furnace_runtime *runtime, furnace_listing **listing, furnace_error **error);

/**
 * The container of that name, if it runs. `*named` has to be freed with furnace_named_free().
 *
 * -ENOENT when nothing has that name, -ESRCH when the container has ended, -EBUSY while it is being started,
 * -EOPNOTSUPP for one of another pid namespace or version of Furnace, -EINVAL for what is no name.
 */
int furnace_runtime_find(const furnace_runtime *runtime,
                         const char *name,
                         furnace_named **named,
                         furnace_error **error);

/**
 * Takes `name` for a container that is about to be started, so that no other can get it meanwhile; see
 * furnace_container_detach_as(). `*reservation` has to be freed with furnace_reservation_free(), which frees the
 * name.
 *
 * -EEXIST when a container of that name runs or is being started; -EINVAL for what is no name; what the directory
 * can't be made or written for.
 */
int furnace_runtime_reserve(const furnace_runtime *runtime,
                            const char *name,
                            furnace_reservation **reservation,
                            furnace_error **error);

/**
 * Frees the names of the containers that have ended, and of those that were never finished because who started them
 * was killed. `*freed`, which may be NULL, gets these names, and has to be freed with furnace_strings_free().
 *
 * Fails when the directory can't be read, or a file in it not removed.
 */
int furnace_runtime_collect(const furnace_runtime *runtime, furnace_strings **freed, furnace_error **error);

/**
 * As furnace_runtime_collect(), for one name: `*freed` tells whether it was the name of something that had ended.
 *
 * -EINVAL for what is no name; otherwise as furnace_runtime_collect().
 */
int furnace_runtime_free_name(const furnace_runtime *runtime, const char *name, bool *freed, furnace_error **error);

/**
 * Frees the listing, and all text that it gave.
 */
void furnace_listing_free(furnace_listing *listing);

/**
 * How many names there are.
 */
size_t furnace_listing_count(const furnace_listing *listing);

/**
 * The name at `index`, from 0; NULL beyond the last. Borrowed until the listing is freed.
 */
const char *furnace_listing_name(const furnace_listing *listing, size_t index);

/**
 * How things stand with it: one of FURNACE_STANDING_*; 0 beyond the last.
 */
int furnace_listing_standing(const furnace_listing *listing, size_t index);

/**
 * The pid of the container's PID 1, as the process that started it saw it; 0 if it is not known, and beyond the last.
 */
pid_t furnace_listing_pid(const furnace_listing *listing, size_t index);

/**
 * The root directory, or disk image, that it was started with; NULL if it is not known, and beyond the last. Borrowed
 * until the listing is freed.
 */
const char *furnace_listing_root(const furnace_listing *listing, size_t index);

/**
 * When it got its name, in seconds since 1970, as time(2) counts; 0 if it is not known, and beyond the last.
 */
int64_t furnace_listing_started(const furnace_listing *listing, size_t index);

/**
 * Frees the handle, and does nothing to the container.
 */
void furnace_named_free(furnace_named *named);

/**
 * The name. Borrowed until it is freed.
 */
const char *furnace_named_name(const furnace_named *named);

/**
 * The pid of its PID 1. -EINVAL for NULL.
 */
pid_t furnace_named_pid(const furnace_named *named);

/**
 * The root directory, or disk image, that it was started with. Borrowed until it is freed.
 */
const char *furnace_named_root(const furnace_named *named);

/**
 * When it got its name, in seconds since 1970, as time(2) counts.
 */
int64_t furnace_named_started(const furnace_named *named);

/**
 * Kills all that runs in it, waits until nothing of it is left, and frees the name. That it has ended already is no
 * error.
 *
 * -ETIMEDOUT when something that was killed has not ended within 30 seconds: it sits in the kernel, or the process
 * that has it as a child does not wait for it.
 */
int furnace_named_stop(const furnace_named *named, furnace_error **error);

/**
 * Waits until it has ended, by whatever cause, and frees the name.
 *
 * Fails when the name can't be freed.
 */
int furnace_named_wait(const furnace_named *named, furnace_error **error);

/**
 * As furnace_named_wait(), but no longer than `milliseconds`; `*ended` tells whether it has ended.
 */
int furnace_named_wait_timeout(const furnace_named *named, uint64_t milliseconds, bool *ended, furnace_error **error);

/**
 * Attaches to it, as furnace_container_attach(), which says the rest. `options` may be NULL.
 */
int furnace_named_attach(const furnace_named *named,
                         const furnace_join_options *options,
                         furnace_container **container,
                         furnace_error **error);

/**
 * Frees the reservation, and with it the name. Not after furnace_container_detach_as(), which has done so.
 */
void furnace_reservation_free(furnace_reservation *reservation);

/**
 * The name. Borrowed until it is freed.
 */
const char *furnace_reservation_name(const furnace_reservation *reservation);

/**
 * Compares what an overlay with this upper directory shows with its lower tree. `lower` shows that tree as the
 * overlay sees it: the lower directory, or, if there are several, a read-only overlay of them. Both are descriptors
 * of directories, of any kind, also those opened with O_PATH, and are duplicated. `*changes` has to be freed with
 * furnace_changes_free().
 *
 * -EBADF for what is no descriptor, -ENOTDIR for what is no directory, -ENOENT if one was removed, or /proc is not
 * mounted.
 */
int furnace_changes_between(int upper, int lower, furnace_changes **changes, furnace_error **error);

/**
 * Frees the list, at any time. Changes that came of it stay.
 */
void furnace_changes_free(furnace_changes *changes);

/**
 * The next difference: `*change`, which is NULL after the last one, and otherwise has to be freed with
 * furnace_change_free().
 *
 * An entry that can't be read is a failure, in FURNACE_PHASE_COMPARE, after which it goes on with the next call.
 * -EINVAL where the upper directory was tampered with, so that the kernel would not show that entry either.
 */
int furnace_changes_next(furnace_changes *changes, furnace_change **change, furnace_error **error);

/**
 * Frees the change, and all text that it gave.
 */
void furnace_change_free(furnace_change *change);

/**
 * Where: relative to the root of the overlay, which itself is ".". Borrowed until the change is freed.
 */
const char *furnace_change_path(const furnace_change *change);

/**
 * What happened there: one of FURNACE_CHANGE_*. 0 for NULL.
 */
int furnace_change_kind(const furnace_change *change);

/**
 * Whether what is modified is the bytes of a file, the target of a symlink, or the number of a device.
 */
bool furnace_change_content(const furnace_change *change);

/**
 * Whether what is modified is mode, owner, group, time of modification, or an extended attribute.
 */
bool furnace_change_metadata(const furnace_change *change);

/**
 * What is there now, or was there if it is deleted: one of FURNACE_FILE_*. 0 for NULL.
 */
int furnace_change_type(const furnace_change *change);

/**
 * The bytes of a regular file, or of a symlink's target; 0 for anything else. Of a deleted one, those that it had.
 */
uint64_t furnace_change_size(const furnace_change *change);

/**
 * The path, relative to the root, that this is now a hard link to; NULL if it is none. It is one that the list named
 * before, or one that is in the lower tree and did not change. Borrowed until the change is freed.
 */
const char *furnace_change_link_to(const furnace_change *change);

/**
 * Looks at everything that containers may need: by trying, where that is harmless, in processes of their own, which
 * are children of the calling one, and reaped. It takes some tens of milliseconds, needs no privileges, and leaves
 * nothing; what can't be found out is told by the report. Any number of threads may do so at once. `*report` has to
 * be freed with furnace_report_free().
 */
int furnace_doctor_examine(furnace_report **report, furnace_error **error);

/**
 * Frees the report, and all text that it gave.
 */
void furnace_report_free(furnace_report *report);

/**
 * Whether everything is there that every container needs; if not, furnace_builder_start() fails.
 */
bool furnace_report_can_start(const furnace_report *report);

/**
 * How many checks there are.
 */
size_t furnace_report_count(const furnace_report *report);

/**
 * What the check at `index`, from 0, is about: no two have the same name, and none changes its name from one version
 * to the next. NULL beyond the last. Borrowed until the report is freed.
 */
const char *furnace_report_name(const furnace_report *report, size_t index);

/**
 * What it is for, in words. NULL beyond the last. Borrowed until the report is freed.
 */
const char *furnace_report_purpose(const furnace_report *report, size_t index);

/**
 * Whether it is there: one of FURNACE_OUTCOME_*; 0 beyond the last.
 */
int furnace_report_outcome(const furnace_report *report, size_t index);

/**
 * How that was found out, in words: what was tried, or read, and what came of it. NULL beyond the last. Borrowed
 * until the report is freed.
 */
const char *furnace_report_found(const furnace_report *report, size_t index);

/**
 * What to do about it, in words; NULL where it is there, and beyond the last. Borrowed until the report is freed.
 */
const char *furnace_report_remedy(const furnace_report *report, size_t index);

/**
 * Whether no container can be without it.
 */
bool furnace_report_required(const furnace_report *report, size_t index);

/**
 * Shows the directory or file `source` at `destination`, which has to exist and to be of the same kind, and stays.
 * `flags` are FURNACE_HOST_*, or 0. What the source is mounted with (nosuid, nodev, noexec, read-only) is kept. The
 * caller needs CAP_SYS_ADMIN, and /proc mounted. `*mount` has to be freed with furnace_host_mount_free(), which
 * unmounts it.
 *
 * FURNACE_PHASE_CONFIGURE if source or destination is not there (-ENOENT), one is a directory and the other is not
 * (-ENOTDIR), or flags are not known or contradict each other (-EINVAL); FURNACE_PHASE_MOUNT with what the kernel
 * refuses it with (-EPERM for want of CAP_SYS_ADMIN). Nothing is left in either case.
 */
int furnace_host_bind(const char *source,
                      const char *destination,
                      uint32_t flags,
                      furnace_host_mount **mount,
                      furnace_error **error);

/**
 * Shows several directories over each other at the directory `destination`, which stays. `lowers` is an array that
 * ends with NULL: the topmost first; they are only read. All changes go to `upper`, and stay there; `work` is for the
 * kernel to work in, empty or left by an earlier overlay, on the same mount. Both may be NULL: then the overlay is
 * read-only. None of the directories may lie in another, or be changed by others meanwhile. `*mount` has to be freed
 * with furnace_host_mount_free(), which unmounts it.
 *
 * FURNACE_PHASE_CONFIGURE if a directory is not there (-ENOENT), is not fit for its part (-EINVAL), or is in use by
 * another overlay (-EBUSY); FURNACE_PHASE_MOUNT with what the kernel refuses it with. No mount is left in either
 * case.
 */
int furnace_host_overlay(const char *const *lowers,
                         const char *upper,
                         const char *work,
                         const char *destination,
                         furnace_host_mount **mount,
                         furnace_error **error);

/**
 * Where it is mounted: absolute, without symlinks, as it was when it was mounted. Borrowed until it is freed.
 */
const char *furnace_host_mount_path(const furnace_host_mount *mount);

/**
 * As furnace_builder_set_log(): for how it goes.
 */
int furnace_host_mount_set_log(furnace_host_mount *mount,
                               int level,
                               furnace_log_callback callback,
                               void *data,
                               furnace_error **error);

/**
 * Unmounts it, lazily if it is in use, and says what went wrong. It is not an error if somebody else has done it.
 * `mount` still has to be freed.
 *
 * -EBUSY if another mount lies over it: it stays until one of this process goes after that. -EINVAL in a forked copy
 * of the process that has mounted it, and where this has been called before. Otherwise what umount(2) fails with, and
 * then it stays.
 */
int furnace_host_mount_unmount(furnace_host_mount *mount, furnace_error **error);

/**
 * Unmounts it, unless that was done before, and frees it. What a failure would tell is only logged.
 */
void furnace_host_mount_free(furnace_host_mount *mount);

/**
 * Whether `path` is where something is mounted, as the caller sees it: a directory or a file. Symlinks are followed.
 *
 * -ENOENT where there is nothing; what else statx(2) fails with.
 */
int furnace_is_mount_point(const char *path, bool *is, furnace_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FURNACE_H */
