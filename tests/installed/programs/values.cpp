// What goes in and comes out: texts, lists, times, statuses, errors, in both styles: values ROOT
#include "check.hpp"

#include <limits>
#include <list>
#include <map>
#include <set>
#if __cplusplus >= 201703L
#include <filesystem>
#endif

static void errors(const char *root) {
    furnace::builder builder("/no/such/root");
    const furnace::error error = thrown([&] { builder.start(); });
    CHECK(error.code() == std::errc::no_such_file_or_directory && error.code().value() == ENOENT);
    CHECK(error.kind() == FURNACE_ERROR_NOT_FOUND && error.phase() == FURNACE_PHASE_CONFIGURE && error.step() == 0);
    CHECK(error.path() == std::string("/no/such/root"));
    CHECK(std::string(error.what()).find("/no/such/root") != std::string::npos);
    CHECK(error.remedy() != nullptr);
    try {
        builder.start();
    } catch (const std::system_error &general) {
        CHECK(general.what() == std::string(error.what()));
    }
    // A copy has the same words as the first, also when that is gone.
    furnace::error copy(std::errc::io_error, "another");
    CHECK(std::string(copy.what()).find("another") == 0);
    {
        const furnace::error brief = thrown([&] { builder.start(); });
        copy = brief;
        CHECK(copy.what() == brief.what());
    }
    CHECK(std::string(copy.what()) == error.what());

    // A step of the start is the one that explain() lists.
    furnace::builder failing(root);
    failing.bind(root, "/bin/true/below");
    const furnace::error step = thrown([&] { failing.start(); });
    CHECK(step.phase() == FURNACE_PHASE_START && step.step() > 0);
    const std::vector<std::string> steps = failing.explain();
    CHECK(static_cast<std::size_t>(step.step()) <= steps.size());
}

static void texts(const char *root) {
    const std::string path(root);
    const std::string cut("/a\0b", 4);
    CHECK(thrown([&] { furnace::builder unused(cut); }).code() == std::errc::invalid_argument);
    CHECK(thrown([&] { furnace::builder unused(static_cast<const char *>(nullptr)); }).code() ==
          std::errc::invalid_argument);

    const furnace::container container = furnace::builder(path).start();
    CHECK(thrown([&] { container.command("echo").arg(cut); }).code() == std::errc::invalid_argument);
    CHECK(thrown([&] { container.command("echo").args({"a", cut}); }).code() == std::errc::invalid_argument);
    const char *const null = nullptr;
    CHECK(thrown([&] { container.command("echo").args({"a", null}); }).code() == std::errc::invalid_argument);

    const auto said = [&](furnace::command &command) { return command.output().standard_output().str(); };
    const std::list<std::string> list = {"a b", "", "c"};
    CHECK(said(container.command("echo").arg(path).args(list)) == path + " a b  c\n");
    const std::set<const char *> none;
    CHECK(said(container.command("echo").args(none).args({})) == "\n");
    CHECK(said(container.command("echo").args({"a", std::string("b")})) == "a b\n");
#if __cplusplus >= 201703L
    const std::string_view view = std::string_view("part of it").substr(0, 4);
    CHECK(said(container.command("echo").arg(view).arg(std::filesystem::path("/p"))) == "part /p\n");
    CHECK(thrown([&] { container.command("echo").arg(std::string_view("a\0b", 3)); }).code() ==
          std::errc::invalid_argument);
    const furnace::output kept = container.command("echo").arg("x").output();
    const std::string_view bytes = kept.standard_output();
    CHECK(bytes == "x\n");
#endif
    CHECK(said(container.command("env").environment({"A=1", "B=2"})) == "A=1\nB=2\n");
    CHECK(said(container.command("env").env_clear().env("A", "1").env("B", "2").env_remove("A")) == "B=2\n");
}

static void statuses(const char *root) {
    const furnace::container container = furnace::builder(root).start();
    const auto run = [&](const char *script) { return container.command("sh").args({"-c", script}).run(); };
    const furnace::exit_status failed = run("exit 7");
    CHECK(!failed.success() && failed.exited() && !failed.signaled() && failed.code() == 7 && failed.signal() == 0);
    const furnace::exit_status killed = run("kill -TERM $$");
    CHECK(!killed.success() && !killed.exited() && killed.signaled() && killed.code() == 143);
    CHECK(killed.signal() == SIGTERM && killed.raw() == SIGTERM);

    furnace::exit_status status = failed;
    const furnace::child child = container.command("sleep").arg("1000").spawn();
    CHECK(!child.try_wait(status) && status.code() == 7);
    CHECK(!child.wait_for(std::chrono::microseconds(1), status) && status.code() == 7);
    child.kill();
    CHECK(child.wait_for(std::chrono::hours(1), status) && status.signal() == SIGKILL);
    CHECK(child.try_wait(status) && child.wait().signal() == SIGKILL);

    const furnace::child both = container.command("sh").args({"-c", "echo a; echo b >&2"}).pipe(1).pipe(2).spawn();
    const furnace::output output = both.wait_with_output();
    CHECK(output.standard_output().str() == "a\n" && output.standard_error().str() == "b\n");
    CHECK(output.status().success());
}

static void times() {
    using furnace::detail::milliseconds;
    CHECK(milliseconds(std::chrono::seconds(2)) == 2000);
    CHECK(milliseconds(std::chrono::nanoseconds(1)) == 1);
    CHECK(milliseconds(std::chrono::microseconds(1000001)) == 1001);
    CHECK(milliseconds(std::chrono::duration<double>(0.5)) == 500);
    CHECK(milliseconds(std::chrono::seconds(-1)) == 0);
    CHECK(milliseconds(std::chrono::hours::max()) == UINT64_MAX);
    CHECK(milliseconds(std::chrono::duration<double>(std::numeric_limits<double>::infinity())) == UINT64_MAX);
    CHECK(milliseconds(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == 0);
}

static void without_exceptions(const char *root) {
    furnace::nothrow::builder builder(root);
    // The first failure is the one that is told, and it is told again.
    builder.propagation(99).dev(98).hostname("later");
    CHECK(builder.failure() != nullptr);
    const auto refused = builder.start();
    CHECK(!refused && refused.error().code() == std::errc::invalid_argument);
    CHECK(refused.error().what() == std::string(builder.failure()->what()));
    CHECK(!builder.explain());
    CHECK(!builder.copy());

    // That of a mount is that of the builder it goes to.
    auto bind = furnace::nothrow::mount::bind(root, "/mnt");
    bind.size(1);
    furnace::nothrow::builder other(root);
    const auto unmountable = other.mount(bind).start();
    CHECK(!unmountable && unmountable.error().what() == std::string(bind.failure()->what()));

    auto started = furnace::nothrow::builder(root).start();
    CHECK(started && started.has_value());
    CHECK(!started->mount(bind));
    const auto missing = started->command("no-such-program").run();
    CHECK(!missing && missing.error().phase() == FURNACE_PHASE_EXECUTE);
    const auto status = started->command("sh").args({"-c", "exit 3"}).run();
    CHECK(status && status->code() == 3 && (*status).exited());
    auto child = started->command("sleep").arg("1000").spawn();
    CHECK(child.has_value());
    furnace::exit_status ended;
    const auto timely = child->wait_for(std::chrono::milliseconds(1), ended);
    CHECK(timely && !*timely);
    CHECK(child->kill());

    // A value or an error, moved and replaced.
    auto moved = std::move(started);
    started = furnace::nothrow::builder("/no/such/root").start();
    CHECK(!started && moved);
    std::swap(started, moved);
    CHECK(started && !moved);
    moved = std::move(started);
    CHECK(moved && (*moved).command("true").run());
    const furnace::nothrow::container taken = *std::move(moved);
    CHECK(taken.stop());
    CHECK(furnace::nothrow::builder("/no/such/root").copy().value_or(furnace::nothrow::builder()));
}

int main(int argc, char **argv) {
    CHECK(argc > 1);
    errors(argv[1]);
    texts(argv[1]);
    statuses(argv[1]);
    times();
    without_exceptions(argv[1]);
}
