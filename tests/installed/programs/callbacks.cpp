// Functions that the library calls, which throw, outlive what they were given to, or call the library: callbacks ROOT
#include "check.hpp"

#include <fcntl.h>

#include <stdexcept>

static void one_that_throws(const char *root) {
    int calls = 0;
    furnace::builder builder(root);
    builder.log(FURNACE_LOG_TRACE, [&](int, const char *) {
        ++calls;
        throw std::runtime_error("thrown through C");
    });
    const furnace::container container = builder.start();
    CHECK(calls > 0);
    CHECK(container.command("true").run().success());
    container.stop();

    builder.log(FURNACE_LOG_TRACE, furnace::log_function()); // which throws as it is called
    builder.start();
}

static void one_that_lives_longer(const char *root) {
    const auto lines = std::make_shared<std::vector<std::string>>();
    furnace::child child;
    {
        furnace::container container;
        {
            furnace::builder builder(root);
            const auto kept = lines;
            builder.log(FURNACE_LOG_DEBUG, [kept](int level, const char *message) {
                CHECK(level >= FURNACE_LOG_ERROR && level <= FURNACE_LOG_DEBUG);
                kept->push_back(message);
            });
            furnace::builder copy = builder.copy();
            builder.reset();
            container = copy.start();
        }
        const std::size_t before = lines->size();
        CHECK(before > 0);
        furnace::command command = container.command("true");
        child = command.spawn();
        CHECK(lines->size() > before);
    }
    // Stopping told, too, and nothing holds the function any more but the child.
    child.wait();
    CHECK(lines.use_count() == 2);
    child.reset();
    CHECK(lines.use_count() == 1);
}

static void one_that_is_replaced(const char *root) {
    int old_calls = 0;
    int new_calls = 0;
    furnace::builder builder(root);
    builder.log(FURNACE_LOG_DEBUG, [&](int, const char *) { ++old_calls; });
    furnace::container container = builder.start();
    builder.log(FURNACE_LOG_DEBUG, [&](int, const char *) { ++new_calls; });
    const int before = old_calls;
    builder.start();
    CHECK(old_calls == before && new_calls > 0);
    CHECK(container.command("true").run().success());
    CHECK(old_calls > before);

    // An object that is replaced by another still tells its own function of its end.
    const int after = new_calls;
    const int last = old_calls;
    container = builder.start();
    CHECK(old_calls > last && new_calls > after);

    CHECK(thrown([&] { builder.log(99, [](int, const char *) {}); }).code() == std::errc::invalid_argument);
    builder.start();
}

static void one_of_an_object_given_away(const char *root) {
    static int calls = 0;
    furnace_container *given = nullptr;
    {
        furnace::builder builder(root);
        builder.log(FURNACE_LOG_DEBUG, [](int, const char *) { ++calls; });
        given = builder.start().release();
    }
    const int before = calls;
    furnace_container_free(given);
    CHECK(calls > before);
}

static void one_that_calls(const char *root) {
    int started = 0;
    const std::string path(root);
    furnace::builder builder(root);
    builder.log(FURNACE_LOG_DEBUG, [&](int, const char *) {
        if (started++ == 0) {
            CHECK(furnace::builder(path).start().command("true").run().success());
        }
    });
    builder.start();
    CHECK(started > 1);
}

// What signals would say comes through a pipe here, a byte each.
static void those_of_a_console(const char *root) {
    const furnace::container container = furnace::builder(root).start();
    int ends[2];
    CHECK(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    const furnace::descriptor read(ends[0]);
    const furnace::descriptor write(ends[1]);
    const furnace::descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));

    int thrown_from_take = 0;
    int yielded = 0;
    furnace::console console;
    console.streams(null.get(), null.get(), null.get());
    const auto take = [&](int &signal) -> int {
        char byte = 0;
        if (::read(read.get(), &byte, 1) != 1) {
            return FURNACE_EVENT_NONE;
        }
        switch (byte) {
        case 's':
            return FURNACE_EVENT_SUSPEND;
        case 'x':
            ++thrown_from_take;
            throw std::runtime_error("thrown through C");
        default:
            signal = SIGTERM;
            return FURNACE_EVENT_PASS_ON;
        }
    };
    console.signals(read.get(), take, [&](int event, int) {
        CHECK(event == FURNACE_EVENT_SUSPEND);
        ++yielded;
        throw std::runtime_error("thrown through C");
    });
    // Moved, it still has its functions.
    const furnace::console moved(std::move(console));
    CHECK(::write(write.get(), "sxt", 3) == 3);
    furnace::command command = container.command("sleep");
    CHECK(moved.run(container, command.arg("1000")).signal() == SIGTERM);
    CHECK(thrown_from_take == 1 && yielded == 1);
}

int main(int argc, char **argv) {
    CHECK(argc > 1);
    one_that_throws(argv[1]);
    one_that_lives_longer(argv[1]);
    one_that_is_replaced(argv[1]);
    one_of_an_object_given_away(argv[1]);
    one_that_calls(argv[1]);
    those_of_a_console(argv[1]);
}
