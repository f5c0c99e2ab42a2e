// Objects that are moved, emptied, adopted, given away and kept in containers of the standard library: moves ROOT
#include "check.hpp"

#include <map>
#include <type_traits>

template <class T>
constexpr bool is_only_moved() {
    return std::is_nothrow_move_constructible<T>::value && std::is_nothrow_move_assignable<T>::value &&
           std::is_nothrow_destructible<T>::value && std::is_default_constructible<T>::value &&
           !std::is_copy_constructible<T>::value && !std::is_copy_assignable<T>::value;
}

static_assert(is_only_moved<furnace::builder>(), "");
static_assert(is_only_moved<furnace::mount>(), "");
static_assert(is_only_moved<furnace::container>(), "");
static_assert(is_only_moved<furnace::command>(), "");
static_assert(is_only_moved<furnace::child>(), "");
static_assert(is_only_moved<furnace::output>(), "");
static_assert(is_only_moved<furnace::descriptor>(), "");
static_assert(is_only_moved<furnace::nothrow::container>(), "");
static_assert(std::is_nothrow_copy_constructible<furnace::error>::value, "as exceptions have to be");

static void use_of_the_empty() {
    const auto is_invalid = [](const furnace::error &error) {
        CHECK(error.code() == std::errc::invalid_argument);
        CHECK(error.kind() == FURNACE_ERROR_INVALID_INPUT);
        CHECK(*error.what() != '\0');
        return true;
    };

    const furnace::container container;
    CHECK(!container && container.get() == nullptr && container.pid() == -EINVAL);
    CHECK(is_invalid(thrown([&] { container.stop(); })));
    CHECK(is_invalid(thrown([&] { container.command("true"); })));
    CHECK(is_invalid(thrown([&] { container.detach("name"); })));
    CHECK(is_invalid(thrown([&] { container.detach_as(furnace::reservation()); })));
    CHECK(is_invalid(thrown([&] { container.terminal(); })));
    CHECK(is_invalid(thrown([&] { container.changes(); })));
    CHECK(is_invalid(thrown([&] { container.layer_usage(); })));
    CHECK(is_invalid(thrown([&] { container.unmount("/mnt"); })));
    CHECK(is_invalid(thrown([&] { container.mount(furnace::mount()); })));

    furnace::builder builder;
    CHECK(is_invalid(thrown([&] { builder.start(); })));
    CHECK(is_invalid(thrown([&] { builder.explain(); })));
    CHECK(is_invalid(thrown([&] { builder.copy(); })));
    CHECK(is_invalid(thrown([&] { builder.hostname("name"); })));
    CHECK(is_invalid(thrown([&] { builder.mount(furnace::mount()); })));
    CHECK(is_invalid(thrown([&] { builder.log(FURNACE_LOG_DEBUG, [](int, const char *) {}); })));

    furnace::command command;
    CHECK(is_invalid(thrown([&] { command.arg("x"); })));
    CHECK(is_invalid(thrown([&] { command.spawn(); })));
    CHECK(is_invalid(thrown([&] { command.run(); })));
    CHECK(is_invalid(thrown([&] { command.output(); })));

    const furnace::child child;
    furnace::exit_status status;
    CHECK(child.pid() == -EINVAL && child.pidfd() == -EINVAL);
    CHECK(is_invalid(thrown([&] { child.kill(); })));
    CHECK(is_invalid(thrown([&] { child.wait(); })));
    CHECK(is_invalid(thrown([&] { child.try_wait(status); })));
    CHECK(is_invalid(thrown([&] { child.wait_for(std::chrono::seconds(1), status); })));
    CHECK(is_invalid(thrown([&] { child.wait_with_output(); })));
    CHECK(is_invalid(thrown([&] { child.take(1); })));

    const furnace::output output;
    CHECK(output.standard_output().empty() && output.standard_error().str().empty());
    CHECK(!output.status().success());

    furnace::mount mount;
    CHECK(is_invalid(thrown([&] { mount.read_only(); })));

    furnace::terminal terminal;
    CHECK(terminal.fd() == -EINVAL);
    CHECK(is_invalid(thrown([&] { terminal.set_size(1, 1); })));
    CHECK(is_invalid(thrown([&] { terminal.size(); })));
    CHECK(is_invalid(thrown([&] { terminal.set_owner(0); })));
    CHECK(is_invalid(thrown([&] { terminal.into_fd(); })));

    furnace::changes changes;
    CHECK(is_invalid(thrown([&] { changes.next(); })));
    const furnace::change change;
    CHECK(change.path().empty() && change.link_to().empty() && change.kind() == 0 && change.type() == 0);
    CHECK(!change.content() && !change.metadata() && change.size() == 0);

    const furnace::named named;
    CHECK(named.name().empty() && named.root().empty() && named.pid() == -EINVAL);
    CHECK(is_invalid(thrown([&] { named.stop(); })));
    CHECK(is_invalid(thrown([&] { named.wait(); })));
    CHECK(is_invalid(thrown([&] { named.wait_for(std::chrono::seconds(1)); })));
    CHECK(is_invalid(thrown([&] { named.attach(); })));
    CHECK(furnace::reservation().name().empty());

    furnace::runtime runtime;
    CHECK(runtime.path().empty());
    CHECK(is_invalid(thrown([&] { runtime.list(); })));
    CHECK(is_invalid(thrown([&] { runtime.find("name"); })));
    CHECK(is_invalid(thrown([&] { runtime.reserve("name"); })));
    CHECK(is_invalid(thrown([&] { runtime.collect(); })));

    furnace::host_mount host_mount;
    CHECK(host_mount.path().empty());
    CHECK(is_invalid(thrown([&] { host_mount.unmount(); })));
    const furnace::report report;
    CHECK(!report.can_start() && report.checks().empty());

    furnace::nothrow::builder quiet;
    const auto started = quiet.hostname("name").start();
    CHECK(!started && is_invalid(started.error()));
    CHECK(!furnace::nothrow::container().stop());
}

static void moving(const char *root) {
    furnace::builder builder(root);
    furnace::container first = builder.start();
    const ::pid_t pid = first.pid();

    furnace::container second(std::move(first));
    CHECK(!first && second.pid() == pid);
    CHECK(thrown([&] { first.stop(); }).code() == std::errc::invalid_argument);

    // Into one that has something: that is stopped.
    first = builder.start();
    const ::pid_t replaced = first.pid();
    first = std::move(second);
    CHECK(!second && first.pid() == pid);
    CHECK(::kill(replaced, 0) == -1 && errno == ESRCH);

    furnace::container &same = first;
    first = std::move(same);
    CHECK(first.pid() == pid && first.command("true").run().success());

    // Given away, and adopted by the other style.
    furnace::nothrow::container quiet(first.release());
    CHECK(!first && quiet.pid() == pid);
    CHECK(quiet.stop() && quiet.stop());
    quiet.reset();
    quiet.reset();
    CHECK(!quiet && !quiet.stop());

    // A command and a child outlive the container's object.
    furnace::command command;
    furnace::child child;
    {
        const furnace::container brief = builder.start();
        command = brief.command("sleep");
        command.arg("1000");
        child = command.spawn();
    }
    CHECK(child.wait().signal() == SIGKILL);
    CHECK(thrown([&] { command.spawn(); }).kind() == FURNACE_ERROR_ENDED);

    furnace::builder moved(std::move(builder));
    CHECK(thrown([&] { builder.start(); }).code() == std::errc::invalid_argument);
    builder = moved.copy();
    CHECK(builder.start().command("true").run().success());
}

static void collections(const char *root) {
    furnace::builder builder(root);
    std::vector<furnace::container> containers;
    std::map<std::string, furnace::child> children;
    for (int number = 0; number < 8; ++number) {
        containers.push_back(builder.start());
        const std::string name = std::to_string(number);
        children[name] = containers.back().command("sh").args({"-c", "exit " + name}).spawn();
    }
    for (const auto &named : children) {
        CHECK(std::to_string(named.second.wait().code()) == named.first);
    }
    containers.erase(containers.begin(), containers.begin() + 4);
    for (const furnace::container &container : containers) {
        CHECK(container.command("true").run().success());
    }

    std::vector<furnace::descriptor> descriptors;
    furnace::command command = containers[0].command("echo");
    command.arg("x").pipe(1);
    std::vector<furnace::child> echoes;
    for (int number = 0; number < 4; ++number) {
        echoes.push_back(command.spawn());
        descriptors.push_back(echoes.back().take(1));
        CHECK(thrown([&] { echoes.back().take(1); }).code() == std::errc::invalid_argument);
    }
    for (const furnace::descriptor &end : descriptors) {
        char byte = 0;
        CHECK(::read(end.get(), &byte, 1) == 1 && byte == 'x');
    }
    for (const furnace::child &echo : echoes) {
        CHECK(echo.wait().success());
    }
}

static void descriptors() {
    int ends[2];
    CHECK(::pipe(ends) == 0);
    furnace::descriptor read(ends[0]);
    furnace::descriptor write(ends[1]);
    furnace::descriptor &same = write;
    write = std::move(same);
    CHECK(write.get() == ends[1]);
    write = furnace::descriptor();
    char byte = 0;
    CHECK(!write && ::read(read.get(), &byte, 1) == 0);
    write.reset();
    CHECK(::close(read.release()) == 0 && !read);
}

int main(int argc, char **argv) {
    CHECK(argc > 1);
    use_of_the_empty();
    moving(argv[1]);
    collections(argv[1]);
    descriptors();
}
