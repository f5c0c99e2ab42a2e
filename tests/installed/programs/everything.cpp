// Each function of furnace.hpp that the other programs leave out, once: everything ROOT SCRATCH
#include "check.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

static std::string said(const furnace::container &container, const std::string &script) {
    const furnace::output output = container.command("sh").args({"-c", script}).output();
    CHECK(output.standard_error().str().empty());
    return output.standard_output().str();
}

static void builders(const char *root, const std::string &scratch) {
    furnace::builder builder(root);
    builder.isolate_network()
        .own_session()
        .terminals(false)
        .hostname("inside")
        .read_only()
        .resolv_conf(false)
        .tmpfiles(false)
        .dev(FURNACE_DEV_MINIMAL)
        .device("/dev/null")
        .propagation(FURNACE_PROPAGATION_PRIVATE)
        .time_limit(std::chrono::seconds(20))
        .bind(scratch, "/tmp")
        .bind_ro(scratch, "/mnt")
        .mount(furnace::mount::tmpfs("/run/t").size(1 << 20).mode(0700).owner(1, 2).no_exec())
        .mount(furnace::mount::file("/run/f", "content").mode(0400))
        .mount(furnace::mount::file("/run/g", "a\0b", 3))
        .mount(furnace::mount::bind(scratch, "/run/b")
                   .read_only()
                   .no_suid()
                   .no_dev()
                   .no_exec()
                   .recursive(false)
                   .propagation(FURNACE_PROPAGATION_PRIVATE));
    CHECK(builder.explain().size() > 10);
    CHECK(said(builder.start_ahead(), "hostname") == "inside\n");
    const furnace::container container = builder.start();
    CHECK(said(container, "hostname; cat /run/f") == "inside\ncontent");
    CHECK(said(container, "stat -c '%a %u %g' /run/t") == "700 1 2\n");
    CHECK(said(container, "wc -c < /run/g") == "3\n");
    CHECK(said(container, "if echo > /x; then echo can; fi 2> /dev/null").empty());
    CHECK(said(container, "if echo > /mnt/x; then echo can; fi 2> /dev/null").empty());
    CHECK(said(container, "if echo > /run/b/x; then echo can; fi 2> /dev/null").empty());
    CHECK(said(container, "echo x > /tmp/x; cat /mnt/x /run/b/x") == "x\nx\n");

    container.mount(furnace::mount::file("/run/late", "late"));
    CHECK(said(container, "cat /run/late") == "late");
    container.unmount("/run/late");
    CHECK(thrown([&] { container.unmount("/run/late"); }).code() == std::errc::invalid_argument);

    // Ids as a file system can show them, or an error that says that it can't.
    furnace::builder mapped(root);
    mapped.mount(furnace::mount::bind(scratch, "/tmp").id_map(FURNACE_IDS_BOTH, 0, 1000, 1));
    try {
        CHECK(said(mapped.start(), "stat -c %u /tmp/x") == "1000\n");
    } catch (const furnace::error &error) {
        CHECK(error.kind() == FURNACE_ERROR_UNSUPPORTED || error.kind() == FURNACE_ERROR_INVALID_INPUT);
    }
    furnace::builder image(root);
    CHECK(thrown([&] { image.partition(1).start(); }).code() == std::errc::invalid_argument);
}

static void layers(const char *root, const std::string &scratch) {
    const std::string upper = scratch + "/upper";
    const std::string work = scratch + "/work";
    const std::string lower = scratch + "/lower";
    for (const std::string &directory : {upper, work, lower}) {
        CHECK(::mkdir(directory.c_str(), 0755) == 0);
    }
    std::ofstream(lower + "/low") << "low\n";

    furnace::builder builder(root);
    builder.lower(lower).overlay(upper).overlay_work(work).tmpfiles(false);
    const furnace::container container = builder.start();
    CHECK(said(container, "cat /low; rm /low; echo new > /new; chmod 700 /etc; ln /new /link") == "low\n");
    const furnace::layer_usage usage = container.layer_usage();
    CHECK(usage.size > 0 && usage.available <= usage.size && !usage.full);

    bool deleted = false;
    bool created = false;
    bool changed = false;
    bool linked = false;
    for (const furnace::change &change : container.changes()) {
        deleted = deleted || (change.path() == "low" && change.kind() == FURNACE_CHANGE_DELETED);
        created = created || (change.path() == "link" && change.kind() == FURNACE_CHANGE_CREATED &&
                              change.type() == FURNACE_FILE_REGULAR && change.size() == 4);
        changed = changed || (change.path() == "etc" && change.metadata() && !change.content());
        linked = linked || (change.path() == "new" && change.link_to() == "link");
    }
    CHECK(deleted && created && changed && linked);
    auto list = furnace::nothrow::container(furnace::builder(root).ephemeral().ephemeral_size(1 << 20).start().release()).changes();
    CHECK(list && list->next());

    const furnace::descriptor above(::open(upper.c_str(), O_PATH | O_CLOEXEC));
    const furnace::descriptor below(::open(root, O_PATH | O_CLOEXEC));
    furnace::changes between = furnace::changes::between(above.get(), below.get());
    CHECK(begin(between) != end(between));
    CHECK(thrown([&] { furnace::changes::between(-1, -1); }).code() == std::errc::bad_file_descriptor);
    CHECK(thrown([&] { furnace::builder(root).start().changes(); }).code().value() == ENODATA);
}

static void commands(const char *root) {
    const furnace::container container = furnace::builder(root).start();
    furnace::command command = container.command("sh");
    command.args({"-c", "echo $0; id -u; id -g; id -G; pwd; umask; cat <&5; kill -HUP $$; echo on >&2"});
    command.arg0("named").uid(12).gid(34).groups({34, 56}).current_dir("/etc").umask(077).new_session();
    command.ignore_signal(SIGHUP).default_signal(SIGINT).null(0).inherit(2);
    int ends[2];
    CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    const furnace::descriptor read(ends[0]);
    CHECK(::write(ends[1], "given\n", 6) == 6 && ::close(ends[1]) == 0);
    command.fd(5, read);
    int errors[2];
    CHECK(::pipe2(errors, O_CLOEXEC) == 0);
    const furnace::descriptor said_there(errors[0]);
    command.stream(2, furnace::descriptor(errors[1]));
    const furnace::output output = command.output();
    CHECK(output.standard_output().str() == "named\n12\n34\n34 56\n/etc\n0077\ngiven\n");
    char on[4] = {};
    CHECK(::read(said_there.get(), on, 3) == 3 && std::string(on) == "on\n");

    CHECK(container.command("true").process_group(0).run().success());
    CHECK(thrown([&] { container.command("true").process_group(-1); }).code() == std::errc::invalid_argument);
    CHECK(thrown([&] { container.command("true").stream(3, 0); }).code() == std::errc::invalid_argument);
    CHECK(thrown([&] { container.command("true").fd(5, -1); }).code() == std::errc::bad_file_descriptor);

    // The pidfd tells of the end.
    const furnace::child child = container.command("true").spawn();
    struct pollfd polled = {child.pidfd(), POLLIN, 0};
    CHECK(::poll(&polled, 1, 60000) == 1 && child.wait().success());
}

static void terminals(const char *root) {
    const furnace::container container = furnace::builder(root).own_session().start();
    furnace::terminal terminal = container.terminal();
    terminal.set_size(12, 34);
    CHECK(terminal.size().rows == 12 && terminal.size().columns == 34);
    terminal.set_owner(0);
    furnace::command shell = container.command("sh");
    const furnace::child child = shell.args({"-c", "read line; echo got $line; tty"}).terminal(terminal).spawn();
    CHECK(::write(terminal.fd(), "typed\n", 6) == 6);
    shell.reset();
    const furnace::descriptor end = terminal.into_fd();
    CHECK(!terminal);
    std::string text;
    char bytes[256];
    for (;;) {
        const ssize_t count = ::read(end.get(), bytes, sizeof bytes);
        if (count <= 0) {
            CHECK(count == -1 && errno == EIO);
            break;
        }
        text.append(bytes, static_cast<std::size_t>(count));
    }
    CHECK(text.find("got typed") != std::string::npos && text.find("/dev/pts/") != std::string::npos);
    CHECK(child.wait().success());
}

static void consoles(const char *root) {
    const furnace::container container = furnace::builder(root).own_session().start();
    int ends[2];
    CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    const furnace::descriptor out(ends[0]), null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    furnace::descriptor in(ends[1]);
    furnace::console console;
    console.streams(null.get(), in.get(), null.get()).typed();
    CHECK(!console.wants_terminal() && console.terminal().wants_terminal() && !console.terminal(false).wants_terminal());
    furnace::command command = container.command("sh");
    command.args({"-c", "echo here; exit 4"});
    CHECK(console.run(container, command).code() == 4);
    furnace::shell_options options;
    options.hostname("smithy").colours(false).env_clear().env("PATH", "/bin").env("GONE", "x").env_remove("GONE");
    options.current_dir("/bin").uid(0).gid(0).groups({7}).args({"-c", "pwd; exit 5"});
    CHECK(container.shell(options, console).code() == 5);
    in.reset();
    char bytes[64] = {};
    CHECK(::read(out.get(), bytes, sizeof bytes - 1) > 0 && std::string(bytes) == "here\n/bin\n");
    const furnace::user root_user = container.find_user("root"), numbered = container.find_user("5:6");
    CHECK(root_user.name() == "root" && root_user.uid() == 0 && root_user.gid() == 0 && root_user.groups().empty());
    CHECK(root_user.home() == "/root" && root_user.shell() == "/bin/sh" && numbered.name().empty());
    furnace::output whom = container.command("id").arg("-u").user(numbered).output();
    CHECK(whom.standard_output().str() == "5\n");
    furnace::shell_options others;
    others.user(numbered).args({"-c", "exit 6"});
    CHECK(container.shell(others, console).code() == 6);
    CHECK(thrown([&] { container.find_user("no-such-user"); }).kind() == FURNACE_ERROR_NOT_FOUND);
    furnace::restore_terminals();
    const auto take = [](int &) { return FURNACE_EVENT_NONE; };
    CHECK(thrown([&] { furnace::console().signals(-1, take); }).code() == std::errc::bad_file_descriptor);
    CHECK(thrown([&] { furnace::console().signals(0, nullptr); }).code() == std::errc::invalid_argument);
    container.stop();
    CHECK(thrown([&] { container.shell(); }).kind() == FURNACE_ERROR_ENDED);
    CHECK(thrown([&] { container.shell(options); }).kind() == FURNACE_ERROR_ENDED);
}

static void names(const char *root, const std::string &scratch) {
    int lines = 0;
    furnace::runtime runtime(scratch + "/runtime");
    runtime.log(FURNACE_LOG_TRACE, [&](int, const char *) { ++lines; });
    CHECK(runtime.path() == scratch + "/runtime" && runtime.list().empty());
    furnace::reservation reservation = runtime.reserve("one");
    CHECK(reservation.name() == "one");
    CHECK(thrown([&] { runtime.reserve("one"); }).code() == std::errc::file_exists);

    ::pid_t pid = 0;
    {
        const furnace::container container = furnace::builder(root).start();
        pid = container.pid();
        container.detach_as(std::move(reservation));
    }
    CHECK(!reservation && ::kill(pid, 0) == 0);
    const std::vector<furnace::listed> listed = runtime.list();
    CHECK(listed.size() == 1 && listed[0].name == "one" && listed[0].standing == FURNACE_STANDING_RUNNING);
    CHECK(listed[0].pid == pid && listed[0].root == root);
    CHECK(std::chrono::system_clock::now() - listed[0].started < std::chrono::hours(1));

    CHECK(!runtime.free("one") && !runtime.free("another"));
    const furnace::named named = runtime.find("one");
    CHECK(named.name() == "one" && named.pid() == pid && named.root() == root && named.started() == listed[0].started);
    CHECK(!named.wait_for(std::chrono::milliseconds(1)));
    int joined_lines = 0;
    furnace::join_options options;
    options.own_session().time_limit(std::chrono::seconds(20)).log(FURNACE_LOG_TRACE, [&](int, const char *) {
        ++joined_lines;
    });
    CHECK(named.attach().command("true").run().success());
    CHECK(named.attach(options).command("true").run().success() && joined_lines > 0);
    CHECK(furnace::container::join(pid).command("true").run().success());
    CHECK(furnace::container::join(pid, options).command("true").run().success());
    CHECK(thrown([&] { furnace::container::attach("no-such-name"); }).kind() == FURNACE_ERROR_NOT_FOUND);
    CHECK(thrown([&] { furnace::container::attach("no-such-name", options); }).kind() == FURNACE_ERROR_NOT_FOUND);

    named.stop();
    named.wait();
    CHECK(named.wait_for(std::chrono::hours(1)));
    CHECK(runtime.list().empty() && runtime.collect().empty());
    CHECK(thrown([&] { runtime.find("one"); }).kind() == FURNACE_ERROR_NOT_FOUND);
    CHECK(thrown([&] { furnace::builder(root).start().detach("not/a/name"); }).code() == std::errc::invalid_argument);
    CHECK(!furnace::runtime::of_user().path().empty());
}

static void the_host(const std::string &scratch) {
    const std::string place = scratch + "/place";
    CHECK(::mkdir(place.c_str(), 0755) == 0);
    CHECK(!furnace::is_mount_point(place));
    {
        furnace::host_mount bound = furnace::host_mount::bind(scratch, place, FURNACE_HOST_READ_ONLY);
        CHECK(furnace::is_mount_point(place) && bound.path() == place);
        bound.log(FURNACE_LOG_TRACE, [](int, const char *) {});
        const furnace::host_mount moved(std::move(bound));
        CHECK(furnace::is_mount_point(place));
    }
    CHECK(!furnace::is_mount_point(place));
    {
        const std::vector<std::string> lowers = {scratch + "/lower", scratch + "/upper"};
        furnace::host_mount over = furnace::host_mount::overlay(lowers, place);
        CHECK(furnace::nothrow::is_mount_point(place).value_or(false));
        over.unmount();
        CHECK(thrown([&] { over.unmount(); }).code() == std::errc::invalid_argument);
    }
    for (const char *name : {"/up", "/workdir"}) {
        CHECK(::mkdir((scratch + name).c_str(), 0755) == 0);
    }
    {
        const std::vector<std::string> lowers = {scratch + "/lower"};
        const auto over = furnace::host_mount::overlay(lowers, scratch + "/up", scratch + "/workdir", place);
        std::ofstream(place + "/new") << "new\n";
    }
    CHECK(std::ifstream(scratch + "/up/new").good());
    CHECK(thrown([&] { furnace::host_mount::bind("/no/such", place); }).kind() == FURNACE_ERROR_NOT_FOUND);
    CHECK(!furnace::nothrow::is_mount_point("/no/such"));

    const furnace::report report = furnace::examine();
    CHECK(report.can_start());
    for (const furnace::check &check : report.checks()) {
        CHECK(!check.name.empty() && !check.purpose.empty() && !check.found.empty());
        CHECK(check.outcome >= FURNACE_OUTCOME_YES && check.outcome <= FURNACE_OUTCOME_NO);
        CHECK((check.outcome == FURNACE_OUTCOME_YES) == check.remedy.empty());
        CHECK(!check.required || check.outcome == FURNACE_OUTCOME_YES);
    }
    CHECK(!report.checks().empty());
    CHECK(furnace::nothrow::examine()->can_start());
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    CHECK(furnace::version_number() == FURNACE_VERSION_NUMBER && furnace::version() == std::string("0.1.0"));
    CHECK(furnace::has_feature("log") && !furnace::has_feature(std::string("log\0", 4)));
    builders(argv[1], argv[2]);
    layers(argv[1], argv[2]);
    commands(argv[1]);
    terminals(argv[1]);
    consoles(argv[1]);
    names(argv[1], argv[2]);
    the_host(argv[2]);
}
