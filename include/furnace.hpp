/// \file furnace.hpp
/// Furnace for C++11 to C++23: what furnace.h has, with destructors, strings, durations and exceptions. Header-only;
/// link what `pkg-config --libs furnace` says.
///
/// \code
/// #include <furnace.hpp>
/// #include <iostream>
///
/// int main() try {
///     furnace::builder builder("/srv/debian");
///     builder.bind_ro("/src", "/src").isolate_network().time_limit(std::chrono::seconds(5));
///     furnace::container container = builder.start();
///
///     furnace::output made = container.command("make").args({"-C", "/src"}).env("V", "1").output();
///     std::cout << made.standard_output().str();
///     return made.status().code();
/// } catch (const furnace::error &error) { // a std::system_error
///     std::cerr << error.what() << '\n' << error.remedy() << '\n';
///     return 1;
/// }
/// \endcode
///
/// **Two styles.** Each class is there twice, with the same functions. Those of `furnace` throw `furnace::error`. Those
/// of `furnace::nothrow` return a `furnace::result`, which is `std::expected` where the compiler has it and has its
/// everyday functions where not:
///
/// \code
/// furnace::nothrow::builder builder("/srv/debian");
/// auto container = builder.bind_ro("/src", "/src").start();
/// if (!container) {
///     std::cerr << container.error().what() << '\n';
///     return container.error().code().value(); // an errno
/// }
/// auto status = container->command("make").run();
/// \endcode
///
/// Functions that only set something return a reference to the object itself, so that they can be chained, in both
/// styles; what is to be kept needs a variable of its own. Where they fail, `furnace` throws at once; `furnace::nothrow`
/// remembers the first failure, does nothing more, and the function that acts (start, explain, spawn, run, output, mount
/// and others) returns it. All that `furnace::nothrow` ever throws is `std::bad_alloc`. Without exceptions
/// (`-fno-exceptions`) only `furnace::nothrow` is there.
///
/// **Ownership.** Each object owns one object of the C interface, and frees it with itself; what that means says the
/// class. Objects are moved, not copied. One that has been moved from is empty, and so is one that was made without
/// arguments, unless it has a constructor for that (options, a console). An empty one is `false`, can be destroyed and
/// assigned to, and anything else asked of it fails with `EINVAL`. get() lends the C object, release() gives it away,
/// and the constructor from a pointer takes one over, so C and both styles can be mixed.
///
/// **Lifetimes.** Objects do not need those that they came from: a command, a child or a terminal may outlive its
/// container's object. What is passed in is copied. A `const char *`, `bytes` or reference that an object gives is
/// valid as long as the object is.
///
/// **Units.** Time is any `std::chrono::duration`, rounded up to milliseconds. Sizes are in bytes.
///
/// **Threads.** Different objects can be used by different threads. Functions that are `const` can be called by many
/// threads at once; any other by one thread at a time. No thread may use an object that another destroys, moves or
/// assigns to.
#ifndef FURNACE_HPP
#define FURNACE_HPP

#if __cplusplus < 201103L
#error "furnace.hpp wants C++11 or newer"
#endif

#include <furnace.h>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#if __cplusplus >= 201703L
#include <string_view>
#endif
#if __cplusplus > 202002L && defined __has_include
#if __has_include(<expected>)
#include <expected>
#endif
#endif

#if defined __cpp_exceptions || defined __EXCEPTIONS
#define FURNACE_HPP_EXCEPTIONS 1
#else
#define FURNACE_HPP_EXCEPTIONS 0
#endif
#if __cplusplus >= 201703L
#define FURNACE_HPP_NODISCARD [[nodiscard]]
#else
#define FURNACE_HPP_NODISCARD
#endif

namespace furnace {

// ---- What functions take and give -----------------------------------------------------------------------------------

/// A string or path to be given to a function: a `const char *`, `std::string`, `std::string_view` or
/// `std::filesystem::path`. There is no need to name this class. One with a NUL byte in it makes the function fail with
/// `EINVAL`: it is never cut off.
class text {
public:
    text(const char *string) noexcept : borrowed_(string) {}
    text(const std::string &string) noexcept : text(string.c_str(), string) {}
#if __cplusplus >= 201703L
    text(std::string_view view) : own_(view), is_own_(true), is_whole_(view.find('\0') == view.npos) {}
#endif
    template <class Path,
              class = decltype(std::declval<const Path &>().native().c_str() - std::declval<const char *>())>
    text(const Path &path) noexcept : text(path.c_str(), path.native()) {}

    const char *c_str() const noexcept { return is_own_ ? own_.c_str() : borrowed_; }
    bool is_whole() const noexcept { return is_whole_; }

private:
    text(const char *borrowed, const std::string &string) noexcept
        : borrowed_(borrowed), is_whole_(string.find('\0') == std::string::npos) {}

    const char *borrowed_ = nullptr;
    std::string own_;
    bool is_own_ = false;
    bool is_whole_ = true;
};

/// Bytes that an object lends, for as long as it lives.
class bytes {
public:
    bytes(const char *data, std::size_t size) noexcept : data_(data), size_(size) {}

    const char *data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const char *begin() const noexcept { return data_; }
    const char *end() const noexcept { return data_ + size_; }
    /// A copy.
    std::string str() const { return std::string(begin(), end()); }
#if __cplusplus >= 201703L
    operator std::string_view() const noexcept { return {data_, size_}; }
#endif

private:
    const char *data_;
    std::size_t size_;
};

/// An open file descriptor, closed at the end.
class descriptor {
public:
    descriptor() noexcept = default;
    /// Takes over `fd`.
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor &&other) noexcept : fd_(other.release()) {}
    descriptor &operator=(descriptor &&other) noexcept {
        reset(other.release());
        return *this;
    }
    ~descriptor() { reset(); }

    /// The number, or -1.
    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    /// Gives the number away: to be closed by the caller.
    int release() noexcept {
        const int fd = fd_;
        fd_ = -1;
        return fd;
    }
    /// Closes it, if it is open, and takes over `fd`.
    void reset(int fd = -1) noexcept {
        const int old = fd_;
        fd_ = fd;
        if (old >= 0) {
            ::close(old);
        }
    }

private:
    int fd_ = -1;
};

/// How a command ended, as waitpid(2) tells it.
class exit_status {
public:
    explicit exit_status(int wait_status = 0) noexcept : raw_(wait_status) {}

    /// Whether it exited with 0.
    bool success() const noexcept { return raw_ == 0; }
    bool exited() const noexcept { return WIFEXITED(raw_); }
    bool signaled() const noexcept { return WIFSIGNALED(raw_); }
    /// As a shell tells it: what it exited with, or 128 and the number of the signal that ended it.
    int code() const noexcept { return exited() ? WEXITSTATUS(raw_) : 128 + signal(); }
    /// The signal that ended it, or 0.
    int signal() const noexcept { return signaled() ? WTERMSIG(raw_) : 0; }
    int raw() const noexcept { return raw_; }

private:
    int raw_;
};

// ---- Failures -------------------------------------------------------------------------------------------------------

/// What failed, why, and what helps. It can be copied, and read by many threads at once.
///
/// code() is the errno, of `std::system_category`, so it can be compared with `std::errc`:
///
/// \code
/// try {
///     builder.start();
/// } catch (const std::system_error &error) {
///     if (error.code() != std::errc::operation_not_permitted) {
///         throw;
///     }
/// }
/// \endcode
class error : public std::system_error {
public:
    /// Takes over what a function of furnace.h gave: the number that it returned, and its error object, which may be
    /// null.
    error(int returned, furnace_error *object) : error(returned, {object, furnace_error_free}) {}
    /// A failure of the caller's own.
    error(std::errc code, const char *message)
        : std::system_error(static_cast<int>(code), std::system_category(), message) {}

    /// What was tried, on what, and why it failed, in a sentence.
    const char *what() const noexcept override {
        return object_ ? furnace_error_message(object_.get()) : std::system_error::what();
    }
    /// What to do about it, or "".
    const char *remedy() const noexcept { return said(furnace_error_remedy(object_.get())); }
    /// The path that it failed on, or "".
    const char *path() const noexcept { return said(furnace_error_path(object_.get())); }
    /// Which step of the start failed, counted from 1 as `builder::explain` lists them, or 0.
    std::int64_t step() const noexcept { return object_ ? furnace_error_step(object_.get()) : 0; }
    /// What kind of failure it is: `FURNACE_ERROR_...`.
    int kind() const noexcept { return object_ ? furnace_error_code(object_.get()) : FURNACE_ERROR_INVALID_INPUT; }
    /// When it failed: `FURNACE_PHASE_...`.
    int phase() const noexcept { return object_ ? furnace_error_phase(object_.get()) : FURNACE_PHASE_CONFIGURE; }

private:
    error(int returned, std::shared_ptr<furnace_error> object)
        : std::system_error(object ? furnace_error_errno(object.get()) : -returned, std::system_category()),
          object_(std::move(object)) {}

    static const char *said(const char *words) noexcept { return words == nullptr ? "" : words; }

    std::shared_ptr<furnace_error> object_;
};

// Names for the linker, where functions differ: files of one program may be compiled for different standards, some with
// exceptions and some without.
#if defined __cpp_lib_expected && FURNACE_HPP_EXCEPTIONS
#define FURNACE_HPP_VARIANT with_expected
#elif defined __cpp_lib_expected
#define FURNACE_HPP_VARIANT with_expected_without_exceptions
#elif FURNACE_HPP_EXCEPTIONS
#define FURNACE_HPP_VARIANT without_expected
#else
#define FURNACE_HPP_VARIANT without_expected_and_exceptions
#endif

#if defined __cpp_lib_expected
/// What `furnace::nothrow` returns: `std::expected`.
template <class T>
using result = std::expected<T, error>;
#else
/// What `furnace::nothrow` returns: a value or an error. It is `std::expected` where that is there; this has the same
/// functions, as far as they go. `*`, `->` and error() may only be asked for what is there.
template <class T>
class FURNACE_HPP_NODISCARD result {
public:
    using value_type = T;
    using error_type = furnace::error;

    result(T value) : has_value_(true) { ::new (static_cast<void *>(&value_)) T(std::move(value)); }
    result(furnace::error failed) : has_value_(false) {
        ::new (static_cast<void *>(&error_)) furnace::error(std::move(failed));
    }
    result(result &&other) noexcept : has_value_(other.has_value_) {
        if (has_value_) {
            ::new (static_cast<void *>(&value_)) T(std::move(other.value_));
        } else {
            ::new (static_cast<void *>(&error_)) furnace::error(std::move(other.error_));
        }
    }
    result &operator=(result &&other) noexcept {
        if (this != &other) {
            this->~result();
            ::new (static_cast<void *>(this)) result(std::move(other));
        }
        return *this;
    }
    ~result() {
        if (has_value_) {
            value_.~T();
        } else {
            error_.~error_type();
        }
    }

    bool has_value() const noexcept { return has_value_; }
    explicit operator bool() const noexcept { return has_value_; }
    T &operator*() & noexcept { return value_; }
    const T &operator*() const & noexcept { return value_; }
    T &&operator*() && noexcept { return std::move(value_); }
    T *operator->() noexcept { return &value_; }
    const T *operator->() const noexcept { return &value_; }
    furnace::error &error() & noexcept { return error_; }
    const furnace::error &error() const & noexcept { return error_; }
    furnace::error &&error() && noexcept { return std::move(error_); }
    /// The value, or else `other`.
    template <class U>
    T value_or(U &&other) && {
        return has_value_ ? std::move(value_) : static_cast<T>(std::forward<U>(other));
    }

private:
    bool has_value_;
    union {
        T value_;
        furnace::error error_;
    };
};

template <>
class FURNACE_HPP_NODISCARD result<void> {
public:
    using value_type = void;
    using error_type = furnace::error;

    result() noexcept = default;
    result(furnace::error failed) : error_(new furnace::error(std::move(failed))) {}

    bool has_value() const noexcept { return error_ == nullptr; }
    explicit operator bool() const noexcept { return has_value(); }
    void operator*() const noexcept {}
    furnace::error &error() & noexcept { return *error_; }
    const furnace::error &error() const & noexcept { return *error_; }
    furnace::error &&error() && noexcept { return std::move(*error_); }

private:
    std::unique_ptr<furnace::error> error_;
};
#endif

// ---- The two styles -------------------------------------------------------------------------------------------------

#if FURNACE_HPP_EXCEPTIONS
/// The style of `furnace`: a failure is thrown.
struct throwing {
    template <class T>
    using result = T;

    template <class T, class Make>
    static T give(const Make &make) {
        return make();
    }
    template <class T>
    [[noreturn]] static T fail(const error &failed) {
        throw failed;
    }
    [[noreturn]] static void note(std::unique_ptr<error> &, std::unique_ptr<error> failed) { throw error(*failed); }
};
#endif

inline namespace FURNACE_HPP_VARIANT {
/// The style of `furnace::nothrow`: a failure is returned.
struct returning {
    template <class T>
    using result = furnace::result<T>;

    template <class T, class Make>
    static typename std::enable_if<!std::is_void<T>::value, result<T>>::type give(const Make &make) {
        return result<T>(make());
    }
    template <class T, class Make>
    static typename std::enable_if<std::is_void<T>::value, result<T>>::type give(const Make &make) {
        make();
        return result<T>();
    }
    template <class T>
    static result<T> fail(const error &failed) {
#if defined __cpp_lib_expected
        return result<T>(std::unexpect, failed);
#else
        return result<T>(failed);
#endif
    }
    static void note(std::unique_ptr<error> &noted, std::unique_ptr<error> failed) { noted = std::move(failed); }
};
}

// ---- How each call is made ------------------------------------------------------------------------------------------

/// Is told what the library does: `level` is `FURNACE_LOG_...`, `message` one line, valid meanwhile. It is called in
/// the thread that called the library, before that call returns; in several at once, if several threads use a
/// container. An exception that it throws is dropped: it would help nobody who started a container, and may not go
/// through C.
using log_function = std::function<void(int level, const char *message)>;

/// Gives what signals have come, one `FURNACE_EVENT_...` at a time, until it is `FURNACE_EVENT_NONE`, which it also is
/// when it throws; with `FURNACE_EVENT_END` and `FURNACE_EVENT_PASS_ON` the number of the signal in `signal`.
using take_function = std::function<int(int &signal)>;
/// Is called after `FURNACE_EVENT_SUSPEND` and `FURNACE_EVENT_END`, with this process's terminal as it was found. What
/// runs goes on when it returns, or throws.
using yielded_function = std::function<void(int event, int signal)>;

namespace detail {

/// An argument as furnace.h takes it.
template <class T>
const T &plain(const T &argument) noexcept {
    return argument;
}
inline const char *plain(const text &argument) noexcept { return argument.c_str(); }

template <class T>
bool is_whole(const T &) noexcept {
    return true;
}
inline bool is_whole(const text &argument) noexcept { return argument.is_whole(); }
inline bool are_whole() noexcept { return true; }
template <class First, class... Rest>
bool are_whole(const First &first, const Rest &...rest) noexcept {
    return is_whole(first) && are_whole(rest...);
}

/// Calls a function of furnace.h; gives the error, if it fails.
template <class... Parameters, class... Arguments>
std::unique_ptr<error> attempt(int (*function)(Parameters...), const Arguments &...arguments) {
    if (!are_whole(arguments...)) {
        return std::unique_ptr<error>(new error(std::errc::invalid_argument, "a string with a NUL byte in it"));
    }
    furnace_error *object = nullptr;
    const int returned = function(plain(arguments)..., &object);
    return std::unique_ptr<error>(returned < 0 ? new error(returned, object) : nullptr);
}

/// The same; `make` is asked for the value when it does not fail.
template <class Style, class T, class Make, class... Parameters, class... Arguments>
typename Style::template result<T> call(const Make &make, int (*function)(Parameters...),
                                        const Arguments &...arguments) {
    const auto failed = attempt(function, arguments...);
    return failed ? Style::template fail<T>(*failed) : Style::template give<T>(make);
}

struct nothing {
    void operator()() const noexcept {}
};

/// What a console calls back.
struct signal_functions {
    take_function take;
    yielded_function yielded;
};

// What furnace.h calls. No exception may go through it.
inline namespace FURNACE_HPP_VARIANT {
template <class Act>
void without_exceptions(const Act &act) noexcept {
#if FURNACE_HPP_EXCEPTIONS
    try {
        act();
    } catch (...) {
    }
#else
    act();
#endif
}
inline void log(int level, const char *message, void *function) noexcept {
    without_exceptions([&] { (*static_cast<log_function *>(function))(level, message); });
}
inline int take(int *signal, void *functions) noexcept {
    int event = FURNACE_EVENT_NONE;
    without_exceptions([&] { event = static_cast<signal_functions *>(functions)->take(*signal); });
    return event;
}
inline void yielded(int event, int signal, void *functions) noexcept {
    without_exceptions([&] { static_cast<signal_functions *>(functions)->yielded(event, signal); });
}
}

/// Never frees it, and lets it be found by whoever looks for leaks.
inline void keep_for_good(std::shared_ptr<void> what) {
    struct kept {
        std::shared_ptr<void> what;
        kept *next;
    };
    static std::atomic<kept *> first(nullptr);
    kept *const newest = new kept{std::move(what), first.load()};
    while (!first.compare_exchange_weak(newest->next, newest)) {
    }
}

/// An object of furnace.h, and what it calls back.
template <class T, void (*Free)(T *)>
class handle {
public:
    using object_type = T;

    handle() noexcept = default;
    /// Takes over `object`.
    explicit handle(T *object, std::shared_ptr<void> kept = nullptr) noexcept
        : kept_(std::move(kept)), object_(object) {}
    handle(handle &&) noexcept = default;
    handle &operator=(handle &&other) noexcept {
        // What was here is freed with `moved`, as a whole: it may still log.
        handle moved(std::move(other));
        kept_.swap(moved.kept_);
        object_.swap(moved.object_);
        return *this;
    }

    /// Lends the object to functions of furnace.h; null if this is empty.
    T *get() const noexcept { return object_.get(); }
    /// Gives the object away, to be freed by the caller. What it calls back lives on for good.
    T *release() {
        if (kept_) {
            keep_for_good(kept_);
        }
        return object_.release();
    }
    /// Gives the object away to a function that frees it.
    T *consumed() noexcept { return object_.release(); }
    /// Frees the object now; this is empty then. An empty one stays as it is.
    void reset() noexcept { *this = handle(); }
    explicit operator bool() const noexcept { return object_ != nullptr; }
    /// What it calls back, or null.
    const std::shared_ptr<void> &kept() const noexcept { return kept_; }

protected:
    struct deleter {
        void operator()(T *object) const noexcept { Free(object); }
    };

    ~handle() = default;

    std::shared_ptr<void> kept_;
    std::unique_ptr<T, deleter> object_;
};

/// Makes an object with a function that gives one.
template <class Style, class Handle, class... Parameters, class... Arguments>
typename Style::template result<Handle> make(const std::shared_ptr<void> &kept, int (*function)(Parameters...),
                                             const Arguments &...arguments) {
    typename Handle::object_type *object = nullptr;
    return call<Style, Handle>([&] { return Handle(object, kept); }, function, arguments..., &object);
}

/// What is put together before something is done with it; it knows its first failure.
template <class Self, class Style, class T, void (*Free)(T *)>
class settings : public handle<T, Free> {
public:
    using handle<T, Free>::handle;

    /// The first failure, with `furnace::nothrow`; else null.
    const error *failure() const noexcept { return failure_.get(); }

protected:
    template <class... Parameters, class... Arguments>
    void create(int (*function)(Parameters...), const Arguments &...arguments) {
        T *object = nullptr;
        note(attempt(function, arguments..., &object));
        this->object_.reset(object);
    }

    template <class... Parameters, class... Arguments>
    Self &set(int (*function)(Parameters...), const Arguments &...arguments) {
        if (!failure_) {
            note(attempt(function, this->get(), arguments...));
        }
        return static_cast<Self &>(*this);
    }

    Self &set_log(int (*function)(T *, int, furnace_log_callback, void *, furnace_error **), int level,
                  log_function wanted) {
        const auto kept = std::make_shared<log_function>(std::move(wanted));
        set(function, level, log, kept.get());
        if (!failure_) {
            this->kept_ = kept;
        }
        return static_cast<Self &>(*this);
    }

    void note(std::unique_ptr<error> failed) {
        if (failed) {
            Style::note(failure_, std::move(failed));
        }
    }

    template <class Value, class Make, class... Parameters, class... Arguments>
    typename Style::template result<Value> act(const Make &make_value, int (*function)(Parameters...),
                                               const Arguments &...arguments) const {
        return failure_ ? Style::template fail<Value>(*failure_)
                        : call<Style, Value>(make_value, function, this->get(), arguments...);
    }

    template <class Handle, class... Parameters, class... Arguments>
    typename Style::template result<Handle> give(int (*function)(Parameters...), const Arguments &...arguments) const {
        typename Handle::object_type *object = nullptr;
        return act<Handle>([&] { return Handle(object, this->kept_); }, function, arguments..., &object);
    }

private:
    std::unique_ptr<error> failure_;
};

/// Time as furnace.h takes it: milliseconds, rounded up.
template <class Rep, class Period>
std::uint64_t milliseconds(std::chrono::duration<Rep, Period> time) {
    const long double exact = std::chrono::duration<long double, std::milli>(time).count();
    if (!(exact > 0)) {
        return 0;
    }
    if (exact >= 18446744073709551615.0L) {
        return UINT64_MAX;
    }
    const auto whole = static_cast<std::uint64_t>(exact);
    return whole + (static_cast<long double>(whole) < exact ? 1 : 0);
}

/// Strings as furnace.h takes many of them: up to a null pointer.
class list {
public:
    template <class Range>
    explicit list(const Range &range) {
        for (const auto &element : range) {
            const text string(element);
            is_whole_ = is_whole_ && string.is_whole() && string.c_str() != nullptr;
            strings_.emplace_back(string.c_str() == nullptr ? "" : string.c_str());
        }
        for (const auto &string : strings_) {
            pointers_.push_back(string.c_str());
        }
        pointers_.push_back(nullptr);
    }

    const char *const *data() const noexcept { return pointers_.data(); }
    bool is_whole() const noexcept { return is_whole_; }

private:
    std::vector<std::string> strings_;
    std::vector<const char *> pointers_;
    bool is_whole_ = true;
};
inline const char *const *plain(const list &strings) noexcept { return strings.data(); }
inline bool is_whole(const list &strings) noexcept { return strings.is_whole(); }

/// A string as furnace.h gives it; "" for none.
inline std::string string(const char *lent) { return lent == nullptr ? std::string() : std::string(lent); }

/// A time as furnace.h gives it.
inline std::chrono::system_clock::time_point seconds(std::int64_t since_1970) noexcept {
    return std::chrono::system_clock::from_time_t(static_cast<std::time_t>(since_1970));
}

/// Strings as furnace.h gives them.
inline std::vector<std::string> taken(furnace_strings *strings) {
    const std::unique_ptr<furnace_strings, void (*)(furnace_strings *)> owned(strings, furnace_strings_free);
    std::vector<std::string> copies;
    const std::size_t count = furnace_strings_count(strings);
    for (std::size_t index = 0; index < count; ++index) {
        copies.emplace_back(furnace_strings_get(strings, index));
    }
    return copies;
}

/// Joins a container, with options.
template <class Style, class Container, class Options, class... Parameters, class Which>
typename Style::template result<Container> join(const Options &options, int (*function)(Parameters...),
                                                const Which &which) {
    return options.failure() ? Style::template fail<Container>(*options.failure())
                             : make<Style, Container>(options.kept(), function, which, options.get());
}

}

// ---- What is mounted ------------------------------------------------------------------------------------------------

/// Something to be mounted, by a builder or into a running container.
///
/// \code
/// builder.mount(furnace::mount::bind("/src", "/src").read_only().no_exec())
///     .mount(furnace::mount::tmpfs("/tmp").size(64 << 20).mode(01777))
///     .mount(furnace::mount::file("/run/key", key).mode(0400));
/// \endcode
template <class Style>
class basic_mount : public detail::settings<basic_mount<Style>, Style, furnace_mount, furnace_mount_free> {
public:
    using detail::settings<basic_mount, Style, furnace_mount, furnace_mount_free>::settings;

    /// A file or directory of the host.
    static basic_mount bind(const text &source, const text &destination) {
        return made(furnace_mount_new_bind, source, destination);
    }
    /// An empty file system in memory.
    static basic_mount tmpfs(const text &destination) { return made(furnace_mount_new_tmpfs, destination); }
    /// A read-only file in memory, with this content.
    static basic_mount file(const text &destination, const void *content, std::size_t length) {
        return made(furnace_mount_new_file, destination, content, length);
    }
    static basic_mount file(const text &destination, const std::string &content) {
        return file(destination, content.data(), content.size());
    }

    /// Of a bind, with all that is mounted below it.
    basic_mount &read_only(bool wanted = true) { return this->set(furnace_mount_set_read_only, wanted); }
    /// Of a bind: set-user-id bits and file capabilities count for nothing.
    basic_mount &no_suid(bool wanted = true) { return this->set(furnace_mount_set_no_suid, wanted); }
    /// Of a bind: device nodes can't be opened.
    basic_mount &no_dev(bool wanted = true) { return this->set(furnace_mount_set_no_dev, wanted); }
    /// Of a bind: nothing can be executed.
    basic_mount &no_exec(bool wanted = true) { return this->set(furnace_mount_set_no_exec, wanted); }
    /// Of a bind: with what is mounted below the source, as it is unless set otherwise.
    basic_mount &recursive(bool wanted = true) { return this->set(furnace_mount_set_recursive, wanted); }
    /// Of a bind: `FURNACE_PROPAGATION_...`.
    basic_mount &propagation(int wanted) { return this->set(furnace_mount_set_propagation, wanted); }
    /// Of a bind: `count` ids from `host` on are ids from `inside` on. `which` is `FURNACE_IDS_...`.
    basic_mount &id_map(int which, std::uint32_t host, std::uint32_t inside, std::uint32_t count) {
        return this->set(furnace_mount_add_id_map, which, host, inside, count);
    }
    /// Of a tmpfs: how much it may hold, in bytes.
    basic_mount &size(std::uint64_t bytes) { return this->set(furnace_mount_set_size, bytes); }
    /// Of a tmpfs or a file: its permission bits.
    basic_mount &mode(::mode_t bits) { return this->set(furnace_mount_set_mode, bits); }
    /// Of a tmpfs or a file.
    basic_mount &owner(::uid_t uid, ::gid_t gid) { return this->set(furnace_mount_set_owner, uid, gid); }

private:
    template <class... Parameters, class... Arguments>
    static basic_mount made(int (*function)(Parameters...), const Arguments &...arguments) {
        basic_mount mount;
        mount.create(function, arguments...);
        return mount;
    }
};

// ---- Commands -------------------------------------------------------------------------------------------------------

/// What a command wrote, and how it ended.
class output : public detail::handle<furnace_output, furnace_output_free> {
public:
    using handle::handle;

    exit_status status() const noexcept { return exit_status(furnace_output_status(get())); }
    bytes standard_output() const noexcept { return read(furnace_output_stdout); }
    bytes standard_error() const noexcept { return read(furnace_output_stderr); }

private:
    bytes read(const char *(*function)(const furnace_output *, std::size_t *)) const noexcept {
        std::size_t length = 0;
        const char *const data = function(get(), &length);
        return {data, length};
    }
};

/// A command that was started: a child of this process like any other. Its end neither kills nor waits for it; what is
/// not waited for is killed and reaped with the container.
template <class Style>
class basic_child : public detail::handle<furnace_child, furnace_child_free> {
    template <class T>
    using result = typename Style::template result<T>;

public:
    using handle::handle;

    ::pid_t pid() const noexcept { return furnace_child_pid(get()); }
    /// Readable once it has ended: for poll(2). Lent, not to be closed.
    int pidfd() const noexcept { return furnace_child_pidfd(get()); }

    /// This process's end of a stream (0 to 2) that was made a pipe. Once each.
    result<descriptor> take(int stream) const {
        int fd = -1;
        return detail::call<Style, descriptor>([&] { return descriptor(fd); }, furnace_child_take_stream, get(), stream,
                                               &fd);
    }
    result<void> kill(int signal = SIGKILL) const {
        return detail::call<Style, void>(detail::nothing(), furnace_child_kill, get(), signal);
    }
    result<exit_status> wait() const {
        int raw = 0;
        return detail::call<Style, exit_status>([&] { return exit_status(raw); }, furnace_child_wait, get(), &raw);
    }
    /// Whether it has ended; `status` is set if so.
    result<bool> try_wait(exit_status &status) const {
        bool ended = false;
        int raw = 0;
        return detail::call<Style, bool>([&] { return told(ended, raw, status); }, furnace_child_try_wait, get(),
                                         &ended, &raw);
    }
    /// Whether it ends within this time; `status` is set if so.
    template <class Rep, class Period>
    result<bool> wait_for(std::chrono::duration<Rep, Period> limit, exit_status &status) const {
        bool ended = false;
        int raw = 0;
        return detail::call<Style, bool>([&] { return told(ended, raw, status); }, furnace_child_wait_timeout, get(),
                                         detail::milliseconds(limit), &ended, &raw);
    }
    /// Reads to the end of what of its output are pipes, and waits.
    result<output> wait_with_output() const {
        return detail::make<Style, output>(kept_, furnace_child_wait_with_output, get());
    }

private:
    static bool told(bool ended, int raw, exit_status &status) noexcept {
        if (ended) {
            status = exit_status(raw);
        }
        return ended;
    }
};

/// The size of a terminal, in characters.
struct terminal_size {
    std::uint16_t rows;
    std::uint16_t columns;
};

/// A terminal of a container's own: what is written to fd() is typed on it, what is shown on it can be read there. Its
/// end hangs it up.
template <class Style>
class basic_terminal : public detail::handle<furnace_terminal, furnace_terminal_free> {
    template <class T>
    using result = typename Style::template result<T>;

public:
    using handle::handle;

    /// This process's end; lent, not to be closed.
    int fd() const noexcept { return furnace_terminal_fd(get()); }
    /// This process's end, without the rest: reading from it fails with `EIO` once the last command that has it is
    /// gone. This is empty then, also if it fails.
    result<descriptor> into_fd() {
        int fd = -1;
        return detail::call<Style, descriptor>([&] { return descriptor(fd); }, furnace_terminal_into_fd, consumed(),
                                               &fd);
    }
    result<terminal_size> size() const {
        terminal_size size = {0, 0};
        return detail::call<Style, terminal_size>([&] { return size; }, furnace_terminal_size, get(), &size.rows,
                                                  &size.columns);
    }
    /// What runs on it gets a SIGWINCH.
    result<void> set_size(std::uint16_t rows, std::uint16_t columns) const {
        return detail::call<Style, void>(detail::nothing(), furnace_terminal_set_size, get(), rows, columns);
    }
    /// To whom it belongs inside; at first to root.
    result<void> set_owner(::uid_t uid) const {
        return detail::call<Style, void>(detail::nothing(), furnace_terminal_set_owner, get(), uid);
    }
};

/// A user of a container; see `container::find_user`.
class user : public detail::handle<furnace_user, furnace_user_free> {
public:
    using handle::handle;

    /// The name, or "" for one that was given by number.
    std::string name() const { return detail::string(furnace_user_name(get())); }
    ::uid_t uid() const noexcept { return furnace_user_uid(get()); }
    ::gid_t gid() const noexcept { return furnace_user_gid(get()); }
    /// The supplementary ones.
    std::vector<::gid_t> groups() const {
        std::size_t count = 0;
        const ::gid_t *const first = furnace_user_groups(get(), &count);
        return std::vector<::gid_t>(first, first + count);
    }
    std::string home() const { return detail::string(furnace_user_home(get())); }
    std::string shell() const { return detail::string(furnace_user_shell(get())); }
};

/// A command to be run in a container, any number of times.
///
/// Streams are inherited unless set otherwise, but output() reads standard output and error. Descriptors that are given
/// are duplicated at once.
template <class Style>
class basic_command : public detail::settings<basic_command<Style>, Style, furnace_command, furnace_command_free> {
    template <class T>
    using result = typename Style::template result<T>;

public:
    using detail::settings<basic_command, Style, furnace_command, furnace_command_free>::settings;

    /// The program is looked for inside, in the `PATH` that the command has; see `container::command`.
    template <class Container>
    basic_command(const Container &container, const text &program) {
        this->kept_ = container.kept();
        this->create(furnace_container_command, container.get(), program);
    }

    basic_command &arg(const text &argument) { return this->set(furnace_command_add_arg, argument); }
    template <class Range>
    basic_command &args(const Range &arguments) {
        return this->set(furnace_command_add_args, detail::list(arguments));
    }
    basic_command &args(std::initializer_list<text> arguments) {
        return this->set(furnace_command_add_args, detail::list(arguments));
    }
    /// What the program sees as its own name.
    basic_command &arg0(const text &name) { return this->set(furnace_command_set_arg0, name); }

    /// The environment is that of this process, unless set otherwise.
    basic_command &env(const text &name, const text &value) { return this->set(furnace_command_set_env, name, value); }
    basic_command &env_remove(const text &name) { return this->set(furnace_command_unset_env, name); }
    basic_command &env_clear() { return this->set(furnace_command_clear_env); }
    /// Strings like "NAME=value", in place of all others.
    template <class Range>
    basic_command &environment(const Range &variables) {
        return this->set(furnace_command_set_envp, detail::list(variables));
    }
    basic_command &environment(std::initializer_list<text> variables) {
        return this->set(furnace_command_set_envp, detail::list(variables));
    }

    /// Inside; `/` unless set otherwise.
    basic_command &current_dir(const text &directory) { return this->set(furnace_command_set_current_dir, directory); }

    /// Stream 0, 1 or 2 is this descriptor of the caller's.
    basic_command &stream(int number, int fd) { return this->set(furnace_command_set_stream_fd, number, fd); }
    basic_command &stream(int number, const descriptor &fd) { return stream(number, fd.get()); }
    /// Stream 0, 1 or 2 is `/dev/null`.
    basic_command &null(int number) { return this->set(furnace_command_set_stream_null, number); }
    /// Stream 0, 1 or 2 is a pipe, of which the child gives the other end.
    basic_command &pipe(int number) { return this->set(furnace_command_set_stream_pipe, number); }
    /// Stream 0, 1 or 2 is that of this process.
    basic_command &inherit(int number) { return this->set(furnace_command_set_stream_inherit, number); }
    /// Has this descriptor of the caller's, as `number`, from 3 on.
    basic_command &fd(int number, int fd) { return this->set(furnace_command_set_fd, number, fd); }
    basic_command &fd(int number, const descriptor &own) { return fd(number, own.get()); }

    basic_command &uid(::uid_t id) { return this->set(furnace_command_set_uid, id); }
    basic_command &gid(::gid_t id) { return this->set(furnace_command_set_gid, id); }
    basic_command &groups(const std::vector<::gid_t> &ids) {
        return this->set(furnace_command_set_groups, ids.data(), ids.size());
    }
    /// With its groups; for one that was looked up by name, with its `HOME` and so on.
    basic_command &user(const furnace::user &wanted) {
        return this->set(furnace_command_set_user, static_cast<const furnace_user *>(wanted.get()));
    }
    /// As setpgid(2) has it: 0 for one of its own.
    basic_command &process_group(::pid_t group) { return this->set(furnace_command_set_process_group, group); }
    basic_command &new_session(bool wanted = true) { return this->set(furnace_command_set_new_session, wanted); }
    /// Begins with this signal ignored, as nohup(1) does with SIGHUP.
    basic_command &ignore_signal(int signal) { return this->set(furnace_command_ignore_signal, signal); }
    /// Begins with the default action of this signal, whatever this process does with it.
    basic_command &default_signal(int signal) { return this->set(furnace_command_default_signal, signal); }
    basic_command &umask(::mode_t mask) { return this->set(furnace_command_set_umask, mask); }
    /// Runs on this terminal, in a session of its own.
    template <class Other>
    basic_command &terminal(const basic_terminal<Other> &wanted) {
        return this->set(furnace_command_set_terminal, static_cast<const furnace_terminal *>(wanted.get()));
    }

    result<basic_child<Style>> spawn() { return this->template give<basic_child<Style>>(furnace_command_spawn); }
    /// Spawns and waits.
    result<exit_status> run() {
        int raw = 0;
        return this->template act<exit_status>([&] { return exit_status(raw); }, furnace_command_run, &raw);
    }
    /// Spawns, reads what it writes, and waits.
    result<furnace::output> output() { return this->template give<furnace::output>(furnace_command_output); }
};

/// Where a command for people has its streams, and whether it is on a terminal of the container's own: what passes
/// between the two is carried by the calling thread, which waits meanwhile. The modes of the caller's terminal are
/// restored.
///
/// \code
/// furnace::command editor = container.command("vi");
/// editor.arg("/etc/motd");
/// furnace::exit_status status = furnace::console().run(container, editor);
/// \endcode
template <class Style>
class basic_console : public detail::settings<basic_console<Style>, Style, furnace_console, furnace_console_free> {
public:
    using detail::settings<basic_console, Style, furnace_console, furnace_console_free>::settings;

    /// The standard streams of this process, and a terminal where input and output both are one.
    basic_console() { this->create(furnace_console_new); }

    /// Other streams; they are duplicated at once.
    basic_console &streams(int input, int output, int errors) {
        return this->set(furnace_console_set_streams, input, output, errors);
    }
    /// Whether the command is on a terminal, whatever the streams are.
    basic_console &terminal(bool wanted = true) { return this->set(furnace_console_set_terminal, wanted); }
    /// Whether what is typed is passed on, by lines, to a command that is on none.
    basic_console &typed(bool wanted = true) { return this->set(furnace_console_set_typed, wanted); }
    /// Lets what runs hear of signals that this process catches. `fd`, which is duplicated, is readable as long as
    /// `take` has something to give; `yielded`, which may be empty, is called when the signal may do to this process
    /// what it would have. Both are called in the thread that runs the command.
    basic_console &signals(int fd, take_function take, yielded_function yielded = nullptr) {
        const auto functions = std::make_shared<detail::signal_functions>();
        functions->take = std::move(take);
        functions->yielded = std::move(yielded);
        this->set(furnace_console_set_signals, fd, functions->take ? detail::take : nullptr,
                  functions->yielded ? detail::yielded : nullptr, functions.get());
        if (this->failure() == nullptr) {
            this->kept_ = functions;
        }
        return *this;
    }
    /// Whether a command will be on a terminal.
    bool wants_terminal() const noexcept { return furnace_console_wants_terminal(this->get()); }

    /// Runs a command of the container, until it ends.
    template <class Container, class Command>
    typename Style::template result<exit_status> run(const Container &container, Command &command) const {
        if (command.failure()) {
            return Style::template fail<exit_status>(*command.failure());
        }
        int raw = 0;
        return this->template act<exit_status>([&] { return exit_status(raw); }, furnace_console_run, container.get(),
                                               command.get(), &raw);
    }
};

/// What an interactive shell is to be; see `container::shell`.
template <class Style>
class basic_shell_options
    : public detail::settings<basic_shell_options<Style>, Style, furnace_shell_options, furnace_shell_options_free> {
public:
    using detail::settings<basic_shell_options, Style, furnace_shell_options, furnace_shell_options_free>::settings;

    basic_shell_options() { this->create(furnace_shell_options_new); }

    /// The host name in the prompt.
    basic_shell_options &hostname(const text &name) { return this->set(furnace_shell_options_set_hostname, name); }
    /// Whether the prompt is coloured.
    basic_shell_options &colours(bool wanted = true) { return this->set(furnace_shell_options_set_colours, wanted); }
    template <class Range>
    basic_shell_options &args(const Range &arguments) {
        return this->set(furnace_shell_options_add_args, detail::list(arguments));
    }
    basic_shell_options &args(std::initializer_list<text> arguments) {
        return this->set(furnace_shell_options_add_args, detail::list(arguments));
    }
    basic_shell_options &env(const text &name, const text &value) {
        return this->set(furnace_shell_options_set_env, name, value);
    }
    basic_shell_options &env_remove(const text &name) { return this->set(furnace_shell_options_unset_env, name); }
    basic_shell_options &env_clear() { return this->set(furnace_shell_options_clear_env); }
    basic_shell_options &current_dir(const text &directory) {
        return this->set(furnace_shell_options_set_current_dir, directory);
    }
    basic_shell_options &uid(::uid_t id) { return this->set(furnace_shell_options_set_uid, id); }
    basic_shell_options &gid(::gid_t id) { return this->set(furnace_shell_options_set_gid, id); }
    basic_shell_options &groups(const std::vector<::gid_t> &ids) {
        return this->set(furnace_shell_options_set_groups, ids.data(), ids.size());
    }
    /// With its groups, and for one that was looked up by name with its `HOME` and so on.
    basic_shell_options &user(const furnace::user &wanted) {
        return this->set(furnace_shell_options_set_user, static_cast<const furnace_user *>(wanted.get()));
    }
};

/// A name that nobody else can take, until this ends or a container is detached with it.
template <class Style>
class basic_reservation : public detail::handle<furnace_reservation, furnace_reservation_free> {
public:
    using handle::handle;

    std::string name() const { return detail::string(furnace_reservation_name(get())); }
};

// ---- What an overlay has changed ------------------------------------------------------------------------------------

/// One difference.
class change : public detail::handle<furnace_change, furnace_change_free> {
public:
    using handle::handle;

    /// Relative to the root, which itself is ".".
    std::string path() const { return detail::string(furnace_change_path(get())); }
    /// `FURNACE_CHANGE_...`.
    int kind() const noexcept { return furnace_change_kind(get()); }
    /// Whether it is the content that is modified.
    bool content() const noexcept { return furnace_change_content(get()); }
    /// Whether mode, owner, times or extended attributes are modified.
    bool metadata() const noexcept { return furnace_change_metadata(get()); }
    /// What is there now, or was: `FURNACE_FILE_...`.
    int type() const noexcept { return furnace_change_type(get()); }
    /// In bytes, of a file or of a symlink's target.
    std::uint64_t size() const noexcept { return furnace_change_size(get()); }
    /// The path that this is now a hard link to, or "".
    std::string link_to() const { return detail::string(furnace_change_link_to(get())); }
};

/// All differences, one after the other:
///
/// \code
/// for (const furnace::change &change : container.changes()) {
///     std::cout << change.path() << '\n';
/// }
/// \endcode
///
/// An entry that can't be read is a failure, after which next() can be called again.
template <class Style>
class basic_changes : public detail::handle<furnace_changes, furnace_changes_free> {
public:
    using handle::handle;

    /// What an overlay with this upper directory shows against its lower tree: descriptors of directories.
    static typename Style::template result<basic_changes> between(int upper, int lower) {
        return detail::make<Style, basic_changes>(nullptr, furnace_changes_between, upper, lower);
    }
    /// The next one; an empty one after the last.
    typename Style::template result<change> next() {
        return detail::make<Style, change>(nullptr, furnace_changes_next, get());
    }
};

#if FURNACE_HPP_EXCEPTIONS
/// What a loop over changes uses.
class change_iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = change;
    using difference_type = std::ptrdiff_t;
    using pointer = const change *;
    using reference = const change &;

    change_iterator() noexcept = default;
    explicit change_iterator(basic_changes<throwing> &changes) : changes_(&changes) { ++*this; }

    reference operator*() const noexcept { return *change_; }
    pointer operator->() const noexcept { return change_.get(); }
    change_iterator &operator++() {
        const auto next = std::make_shared<change>(changes_->next());
        change_ = *next ? next : nullptr;
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const change_iterator &one, const change_iterator &other) noexcept {
        return one.change_ == other.change_;
    }
    friend bool operator!=(const change_iterator &one, const change_iterator &other) noexcept {
        return !(one == other);
    }

private:
    basic_changes<throwing> *changes_ = nullptr;
    std::shared_ptr<change> change_;
};
inline change_iterator begin(basic_changes<throwing> &changes) { return change_iterator(changes); }
inline change_iterator end(basic_changes<throwing> &) noexcept { return change_iterator(); }
#endif

/// How full the file system is that keeps what changes in a root: in bytes.
struct layer_usage {
    std::uint64_t size;
    std::uint64_t available;
    /// Nothing more can be written, no byte or no file.
    bool full;
};

// ---- Containers -----------------------------------------------------------------------------------------------------

/// How a container is joined.
template <class Style>
class basic_join_options
    : public detail::settings<basic_join_options<Style>, Style, furnace_join_options, furnace_join_options_free> {
public:
    using detail::settings<basic_join_options, Style, furnace_join_options, furnace_join_options_free>::settings;

    basic_join_options() { this->create(furnace_join_options_new); }

    /// Commands are in a session of their own, which signals from inside can't leave.
    basic_join_options &own_session(bool wanted = true) {
        return this->set(furnace_join_options_set_own_session, wanted);
    }
    /// How long what something inside could hold up may take.
    template <class Rep, class Period>
    basic_join_options &time_limit(std::chrono::duration<Rep, Period> limit) {
        return this->set(furnace_join_options_set_time_limit, detail::milliseconds(limit));
    }
    /// See `builder::log`.
    basic_join_options &log(int level, log_function function) {
        return this->set_log(furnace_join_options_set_log, level, std::move(function));
    }
};

/// A running container. Its end stops it, unless it was detached, or was somebody else's to begin with (attach, join).
/// It can be used by many threads at once.
template <class Style>
class basic_container : public detail::handle<furnace_container, furnace_container_free> {
    template <class T>
    using result = typename Style::template result<T>;

public:
    using handle::handle;

    /// Joins the container of this name.
    static result<basic_container> attach(const text &name) {
        return detail::make<Style, basic_container>(nullptr, furnace_container_attach, name, nullptr);
    }
    template <class Other>
    static result<basic_container> attach(const text &name, const basic_join_options<Other> &options) {
        return detail::join<Style, basic_container>(options, furnace_container_attach, name);
    }
    /// Joins whatever container the process `pid` is in.
    static result<basic_container> join(::pid_t pid) {
        return detail::make<Style, basic_container>(nullptr, furnace_container_join, pid, nullptr);
    }
    template <class Other>
    static result<basic_container> join(::pid_t pid, const basic_join_options<Other> &options) {
        return detail::join<Style, basic_container>(options, furnace_container_join, pid);
    }

    basic_command<Style> command(const text &program) const { return basic_command<Style>(*this, program); }
    /// Of its PID 1, as this process sees it.
    ::pid_t pid() const noexcept { return furnace_container_pid(get()); }
    /// Ends everything inside; all is gone when it returns.
    result<void> stop() const { return does(furnace_container_stop); }

    result<basic_terminal<Style>> terminal() const {
        return detail::make<Style, basic_terminal<Style>>(kept_, furnace_container_terminal, get());
    }
    /// Whom "USER" or "USER:GROUP", each a number or a name, means inside.
    result<user> find_user(const text &which) const {
        return detail::make<Style, user>(nullptr, furnace_container_find_user, get(), which);
    }
    /// How the root differs from what lies below its layer.
    result<basic_changes<Style>> changes() const {
        return detail::make<Style, basic_changes<Style>>(kept_, furnace_container_changes, get());
    }
    result<furnace::layer_usage> layer_usage() const {
        furnace::layer_usage usage = {0, 0, false};
        return detail::call<Style, furnace::layer_usage>([&] { return usage; }, furnace_container_layer_usage, get(),
                                                         &usage.size, &usage.available, &usage.full);
    }

    template <class Other>
    result<void> mount(const basic_mount<Other> &what) const {
        return what.failure() ? Style::template fail<void>(*what.failure()) : does(furnace_container_mount, what.get());
    }
    result<void> unmount(const text &destination) const { return does(furnace_container_unmount, destination); }

    /// A shell for whoever sits at this process's terminal, until it ends.
    result<exit_status> shell() const { return shell_with(nullptr, nullptr); }
    template <class Options>
    result<exit_status> shell(const basic_shell_options<Options> &options) const {
        return options.failure() ? Style::template fail<exit_status>(*options.failure())
                                 : shell_with(options.get(), nullptr);
    }
    /// The same, with other streams.
    template <class Options, class Console>
    result<exit_status> shell(const basic_shell_options<Options> &options,
                              const basic_console<Console> &console) const {
        if (options.failure() || console.failure()) {
            return Style::template fail<exit_status>(options.failure() ? *options.failure() : *console.failure());
        }
        return shell_with(options.get(), console.get());
    }

    /// Lets it live on, under this name.
    result<void> detach(const text &name) const { return does(furnace_container_detach, name); }
    /// The same, with a name that was reserved; the reservation is used up, whatever happens.
    template <class Other>
    result<void> detach_as(basic_reservation<Other> reservation) const {
        return does(furnace_container_detach_as, reservation.consumed());
    }

private:
    result<exit_status> shell_with(const furnace_shell_options *options, const furnace_console *console) const {
        int raw = 0;
        return detail::call<Style, exit_status>([&] { return exit_status(raw); }, furnace_container_shell, get(),
                                                options, console, &raw);
    }
    template <class... Parameters, class... Arguments>
    result<void> does(int (*function)(Parameters...), const Arguments &...arguments) const {
        return detail::call<Style, void>(detail::nothing(), function, get(), arguments...);
    }
};

/// What a container is to be; it can be started any number of times.
template <class Style>
class basic_builder : public detail::settings<basic_builder<Style>, Style, furnace_builder, furnace_builder_free> {
    template <class T>
    using result = typename Style::template result<T>;

public:
    using detail::settings<basic_builder, Style, furnace_builder, furnace_builder_free>::settings;

    /// With this root: a directory, or a disk image.
    explicit basic_builder(const text &root) { this->create(furnace_builder_new, root); }
    /// One with the same settings.
    result<basic_builder> copy() const { return this->template give<basic_builder>(furnace_builder_copy); }

    basic_builder &bind(const text &source, const text &destination) {
        return this->set(furnace_builder_add_bind, source, destination);
    }
    basic_builder &bind_ro(const text &source, const text &destination) {
        return this->set(furnace_builder_add_bind_ro, source, destination);
    }
    template <class Other>
    basic_builder &mount(const basic_mount<Other> &what) {
        if (what.failure() != nullptr && this->failure() == nullptr) {
            this->note(std::unique_ptr<error>(new error(*what.failure())));
        }
        return this->set(furnace_builder_add_mount, what.get());
    }
    /// A network of its own, with nothing but loopback.
    basic_builder &isolate_network(bool wanted = true) {
        return this->set(furnace_builder_set_isolate_network, wanted);
    }
    /// Commands are in a session of their own, which signals from inside can't leave.
    basic_builder &own_session(bool wanted = true) { return this->set(furnace_builder_set_own_session, wanted); }
    /// Whether terminals can be made in it; without, starts and stops are a little faster.
    basic_builder &terminals(bool wanted = true) { return this->set(furnace_builder_set_terminals, wanted); }
    basic_builder &hostname(const text &name) { return this->set(furnace_builder_set_hostname, name); }
    /// Of a disk image, from 1 on.
    basic_builder &partition(std::uint32_t number) { return this->set(furnace_builder_set_partition, number); }
    /// Changes are kept in memory, and gone with the container.
    basic_builder &ephemeral(bool wanted = true) { return this->set(furnace_builder_set_ephemeral, wanted); }
    /// How much memory an ephemeral root may take.
    basic_builder &ephemeral_size(std::uint64_t bytes) { return this->set(furnace_builder_set_ephemeral_size, bytes); }
    /// A directory that lies over the root and those before.
    basic_builder &lower(const text &directory) { return this->set(furnace_builder_add_lower, directory); }
    /// Changes are kept in this directory.
    basic_builder &overlay(const text &upper) { return this->set(furnace_builder_set_overlay, upper); }
    /// The work directory that an overlay wants, where it can't be beside the upper one.
    basic_builder &overlay_work(const text &work) { return this->set(furnace_builder_set_overlay_work, work); }
    /// The root can't be changed.
    basic_builder &read_only(bool wanted = true) { return this->set(furnace_builder_set_read_only, wanted); }
    /// `FURNACE_DEV_...`.
    basic_builder &dev(int wanted) { return this->set(furnace_builder_set_dev, wanted); }
    /// A device of the host's, by its path there.
    basic_builder &device(const text &path) { return this->set(furnace_builder_add_device, path); }
    /// Of mounts made below the root: `FURNACE_PROPAGATION_...`.
    basic_builder &propagation(int wanted) { return this->set(furnace_builder_set_propagation, wanted); }
    /// Whether the host's resolv.conf is seen inside, where the network is the host's.
    basic_builder &resolv_conf(bool wanted) { return this->set(furnace_builder_set_resolv_conf, wanted); }
    /// Whether the root's systemd-tmpfiles is run.
    basic_builder &tmpfiles(bool wanted) { return this->set(furnace_builder_set_tmpfiles, wanted); }
    /// How long what something inside could hold up may take.
    template <class Rep, class Period>
    basic_builder &time_limit(std::chrono::duration<Rep, Period> limit) {
        return this->set(furnace_builder_set_time_limit, detail::milliseconds(limit));
    }
    /// Tells `function` all that is as important as `level` (`FURNACE_LOG_...`). Containers, commands and children
    /// inherit it, and keep it alive.
    basic_builder &log(int level, log_function function) {
        return this->set_log(furnace_builder_set_log, level, std::move(function));
    }

    /// The steps of a start in words; `error::step` counts them from 1.
    result<std::vector<std::string>> explain() const {
        furnace_strings *steps = nullptr;
        return this->template act<std::vector<std::string>>([&] { return detail::taken(steps); },
                                                            furnace_builder_explain, &steps);
    }
    result<basic_container<Style>> start() const {
        return this->template give<basic_container<Style>>(furnace_builder_start);
    }
    /// The same, without waiting until it is made, where that can be: what is done first with it waits, and fails instead.
    result<basic_container<Style>> start_ahead() const {
        return this->template give<basic_container<Style>>(furnace_builder_start_ahead);
    }
};

// ---- Containers with names ------------------------------------------------------------------------------------------

/// A name in a runtime directory.
struct listed {
    std::string name;
    /// `FURNACE_STANDING_...`.
    int standing;
    /// Of PID 1; 0 if it is not known.
    ::pid_t pid;
    /// "" if it is not known.
    std::string root;
    /// When it got its name; the epoch if that is not known.
    std::chrono::system_clock::time_point started;
};

/// A container that was found by its name. Its end does nothing to the container. It can be used by many threads at
/// once.
template <class Style>
class basic_named : public detail::handle<furnace_named, furnace_named_free> {
    template <class T>
    using result = typename Style::template result<T>;

public:
    using handle::handle;

    std::string name() const { return detail::string(furnace_named_name(get())); }
    ::pid_t pid() const noexcept { return furnace_named_pid(get()); }
    std::string root() const { return detail::string(furnace_named_root(get())); }
    std::chrono::system_clock::time_point started() const noexcept {
        return detail::seconds(furnace_named_started(get()));
    }

    /// Ends everything inside, and frees the name.
    result<void> stop() const { return detail::call<Style, void>(detail::nothing(), furnace_named_stop, get()); }
    /// Waits until it has ended, and frees the name.
    result<void> wait() const { return detail::call<Style, void>(detail::nothing(), furnace_named_wait, get()); }
    /// Whether it ends within this time; then the name is free.
    template <class Rep, class Period>
    result<bool> wait_for(std::chrono::duration<Rep, Period> limit) const {
        bool ended = false;
        return detail::call<Style, bool>([&] { return ended; }, furnace_named_wait_timeout, get(),
                                         detail::milliseconds(limit), &ended);
    }
    result<basic_container<Style>> attach() const {
        return detail::make<Style, basic_container<Style>>(nullptr, furnace_named_attach, get(), nullptr);
    }
    template <class Other>
    result<basic_container<Style>> attach(const basic_join_options<Other> &options) const {
        return detail::join<Style, basic_container<Style>>(options, furnace_named_attach, get());
    }
};

/// A directory of names. Its end changes nothing in it.
template <class Style>
class basic_runtime : public detail::settings<basic_runtime<Style>, Style, furnace_runtime, furnace_runtime_free> {
    template <class T>
    using result = typename Style::template result<T>;

public:
    using detail::settings<basic_runtime, Style, furnace_runtime, furnace_runtime_free>::settings;

    explicit basic_runtime(const text &path) { this->create(furnace_runtime_new, path); }
    /// The one that this user's containers are in.
    static basic_runtime of_user() { return basic_runtime(text(static_cast<const char *>(nullptr))); }

    std::string path() const { return detail::string(furnace_runtime_path(this->get())); }
    /// See `builder::log`.
    basic_runtime &log(int level, log_function function) {
        return this->set_log(furnace_runtime_set_log, level, std::move(function));
    }
    /// All names, in alphabetical order.
    result<std::vector<listed>> list() const {
        furnace_listing *listing = nullptr;
        return this->template act<std::vector<listed>>([&] { return taken(listing); }, furnace_runtime_list, &listing);
    }
    /// The container of this name, if it runs.
    result<basic_named<Style>> find(const text &name) const {
        return this->template give<basic_named<Style>>(furnace_runtime_find, name);
    }
    /// Takes a name for `container::detach_as`.
    result<basic_reservation<Style>> reserve(const text &name) const {
        return this->template give<basic_reservation<Style>>(furnace_runtime_reserve, name);
    }
    /// Frees the names of those that have ended, and tells them.
    result<std::vector<std::string>> collect() const {
        furnace_strings *freed = nullptr;
        return this->template act<std::vector<std::string>>([&] { return detail::taken(freed); },
                                                            furnace_runtime_collect, &freed);
    }
    /// Frees one name, if it is of something that has ended; whether it was.
    result<bool> free(const text &name) const {
        bool freed = false;
        return this->template act<bool>([&] { return freed; }, furnace_runtime_free_name, name, &freed);
    }

private:
    static std::vector<listed> taken(furnace_listing *listing) {
        const std::unique_ptr<furnace_listing, void (*)(furnace_listing *)> owned(listing, furnace_listing_free);
        std::vector<listed> copies;
        const std::size_t count = furnace_listing_count(listing);
        for (std::size_t index = 0; index < count; ++index) {
            copies.push_back({detail::string(furnace_listing_name(listing, index)),
                              furnace_listing_standing(listing, index), furnace_listing_pid(listing, index),
                              detail::string(furnace_listing_root(listing, index)),
                              detail::seconds(furnace_listing_started(listing, index))});
        }
        return copies;
    }
};

// ---- The host -------------------------------------------------------------------------------------------------------

/// A mount on the host, for as long as this lives; then it is unmounted, lazily where it is in use.
template <class Style>
class basic_host_mount : public detail::handle<furnace_host_mount, furnace_host_mount_free> {
    template <class T>
    using result = typename Style::template result<T>;

public:
    using handle::handle;

    /// `flags` are `FURNACE_HOST_...`.
    static result<basic_host_mount> bind(const text &source, const text &destination, std::uint32_t flags = 0) {
        return detail::make<Style, basic_host_mount>(nullptr, furnace_host_bind, source, destination, flags);
    }
    /// Directories over each other, the topmost first; all changes go to `upper`.
    template <class Range>
    static result<basic_host_mount> overlay(const Range &lowers, const text &upper, const text &work,
                                            const text &destination) {
        return detail::make<Style, basic_host_mount>(nullptr, furnace_host_overlay, detail::list(lowers), upper, work,
                                                     destination);
    }
    /// The same without changes.
    template <class Range>
    static result<basic_host_mount> overlay(const Range &lowers, const text &destination) {
        return detail::make<Style, basic_host_mount>(nullptr, furnace_host_overlay, detail::list(lowers), nullptr,
                                                     nullptr, destination);
    }

    std::string path() const { return detail::string(furnace_host_mount_path(get())); }
    /// See `builder::log`: for how it goes.
    result<void> log(int level, log_function function) {
        const auto kept = std::make_shared<log_function>(std::move(function));
        return detail::call<Style, void>([&] { kept_ = kept; }, furnace_host_mount_set_log, get(), level, detail::log,
                                         kept.get());
    }
    /// Unmounts it now, and tells what went wrong.
    result<void> unmount() { return detail::call<Style, void>(detail::nothing(), furnace_host_mount_unmount, get()); }
};

/// Something that containers may need, and whether it is there.
struct check {
    std::string name;
    std::string purpose;
    /// `FURNACE_OUTCOME_...`.
    int outcome;
    /// How that was found out.
    std::string found;
    /// What to do about it, or "".
    std::string remedy;
    /// Whether no container can be without it.
    bool required;
};

/// What the machine has of what containers may need.
class report : public detail::handle<furnace_report, furnace_report_free> {
public:
    using handle::handle;

    /// Whether everything is there that every container needs.
    bool can_start() const noexcept { return furnace_report_can_start(get()); }
    std::vector<check> checks() const {
        std::vector<check> copies;
        const std::size_t count = furnace_report_count(get());
        for (std::size_t index = 0; index < count; ++index) {
            copies.push_back({detail::string(furnace_report_name(get(), index)),
                              detail::string(furnace_report_purpose(get(), index)),
                              furnace_report_outcome(get(), index), detail::string(furnace_report_found(get(), index)),
                              detail::string(furnace_report_remedy(get(), index)),
                              furnace_report_required(get(), index)});
        }
        return copies;
    }
};

namespace detail {

template <class Style>
typename Style::template result<report> examine() {
    return make<Style, report>(nullptr, furnace_doctor_examine);
}

template <class Style>
typename Style::template result<bool> is_mount_point(const text &path) {
    bool is = false;
    return call<Style, bool>([&] { return is; }, furnace_is_mount_point, path, &is);
}

}

// ---- The library ----------------------------------------------------------------------------------------------------

/// Of the library that runs, as "0.1.0"; `FURNACE_VERSION_...` is that of the headers.
inline const char *version() noexcept { return furnace_version(); }
/// The same as a number that grows, to be compared with `FURNACE_VERSION_NUMBER`.
inline unsigned version_number() noexcept { return furnace_version_number(); }
/// Leaves the terminals that are in use by consoles and shells of this process as they were found, for who is about to
/// end it.
inline void restore_terminals() noexcept { furnace_restore_terminals(); }
/// Whether the library that runs has this; furnace_has_feature() in furnace.h has the names.
inline bool has_feature(const text &name) noexcept { return name.is_whole() && furnace_has_feature(name.c_str()); }

// ---- The names ------------------------------------------------------------------------------------------------------

#if FURNACE_HPP_EXCEPTIONS
using mount = basic_mount<throwing>;
using command = basic_command<throwing>;
using child = basic_child<throwing>;
using terminal = basic_terminal<throwing>;
using console = basic_console<throwing>;
using shell_options = basic_shell_options<throwing>;
using join_options = basic_join_options<throwing>;
using changes = basic_changes<throwing>;
using container = basic_container<throwing>;
using builder = basic_builder<throwing>;
using named = basic_named<throwing>;
using runtime = basic_runtime<throwing>;
using reservation = basic_reservation<throwing>;
using host_mount = basic_host_mount<throwing>;
/// Looks at everything that containers may need; it takes some tens of milliseconds and needs no rights.
inline report examine() { return detail::examine<throwing>(); }
/// Whether something is mounted at `path`, on the host.
inline bool is_mount_point(const text &path) { return detail::is_mount_point<throwing>(path); }
#endif

/// The style that returns failures.
namespace nothrow {
using mount = basic_mount<returning>;
using command = basic_command<returning>;
using child = basic_child<returning>;
using terminal = basic_terminal<returning>;
using console = basic_console<returning>;
using shell_options = basic_shell_options<returning>;
using join_options = basic_join_options<returning>;
using changes = basic_changes<returning>;
using container = basic_container<returning>;
using builder = basic_builder<returning>;
using named = basic_named<returning>;
using runtime = basic_runtime<returning>;
using reservation = basic_reservation<returning>;
using host_mount = basic_host_mount<returning>;
inline namespace FURNACE_HPP_VARIANT {
inline result<report> examine() { return detail::examine<returning>(); }
inline result<bool> is_mount_point(const text &path) { return detail::is_mount_point<returning>(path); }
}
}

}

#undef FURNACE_HPP_EXCEPTIONS
#undef FURNACE_HPP_NODISCARD
#undef FURNACE_HPP_VARIANT

#endif
