//! Each function with each of its arguments NULL: a program that is written from the header, so that none is
//! forgotten.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::binding::{Build, compile, done, under_valgrind};
use crate::header::{self, Function, Parameter};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("no_argument_that_is_null_does_harm", &[Need::Root], || {
            run(Build::Shared)
        }),
        test("no_argument_that_is_null_does_harm_sanitized", &[Need::Root], || {
            run(Build::Sanitized)
        }),
        test(
            "no_argument_that_is_null_does_harm_under_valgrind",
            &[Need::Program("valgrind")],
            valgrind,
        ),
        test("the_table_of_optional_arguments_is_true", &[], table_is_true),
    ]
}

/// What may be NULL, and is something else then.
const OPTIONAL: &[(&str, &str)] = &[
    ("furnace_builder_set_log", "callback"),
    ("furnace_builder_set_log", "data"),
    ("furnace_join_options_set_log", "data"),
    ("furnace_runtime_set_log", "data"),
    ("furnace_host_mount_set_log", "data"),
    ("furnace_container_attach", "options"),
    ("furnace_container_join", "options"),
    ("furnace_named_attach", "options"),
    ("furnace_container_layer_usage", "size"),
    ("furnace_container_layer_usage", "available"),
    ("furnace_container_layer_usage", "full"),
    ("furnace_output_stdout", "length"),
    ("furnace_output_stderr", "length"),
    ("furnace_user_groups", "count"),
    ("furnace_runtime_new", "path"),
    ("furnace_runtime_collect", "freed"),
    ("furnace_container_shell", "options"),
    ("furnace_container_shell", "console"),
    ("furnace_console_set_signals", "data"),
    ("furnace_console_set_signals", "yielded"),
];

/// What is freed by the function, besides that of a `*_free()`.
const GIVEN_AWAY: &[(&str, &str)] = &[
    ("furnace_terminal_into_fd", "terminal"),
    ("furnace_container_detach_as", "reservation"),
];

/// What a function that makes no errors gives for NULL, where it is not 0.
const FOR_NULL: &[(&str, &str)] = &[
    ("furnace_container_pid", "-EINVAL"),
    ("furnace_child_pid", "-EINVAL"),
    ("furnace_child_pidfd", "-EINVAL"),
    ("furnace_terminal_fd", "-EINVAL"),
    ("furnace_named_pid", "-EINVAL"),
    ("furnace_output_status", "-1"),
    ("furnace_user_uid", "(uid_t)-1"),
    ("furnace_user_gid", "(gid_t)-1"),
];

/// What is there only with a container, a mount on the host, or a look with openat2(2).
const OF_CONTAINERS: &[&str] = &[
    "furnace_container",
    "furnace_command",
    "furnace_output",
    "furnace_child",
    "furnace_terminal",
    "furnace_user",
    "furnace_named",
    "furnace_host_mount",
    "furnace_change",
];

fn is_of_containers(function: &Function) -> bool {
    let mut handles = function
        .parameters
        .iter()
        .filter_map(|parameter| is_handle(&parameter.kind));
    handles.any(|handle| OF_CONTAINERS.contains(&handle))
}

fn is_in(table: &[(&str, &str)], function: &Function, parameter: &Parameter) -> bool {
    table.contains(&(function.name.as_str(), parameter.name.as_str()))
}

fn is_handle(kind: &str) -> Option<&str> {
    let kind = kind.strip_prefix("const ").unwrap_or(kind);
    let name = kind.strip_suffix(" *")?;
    (name.starts_with("furnace_") && !name.contains('*')).then_some(name)
}

/// An argument that makes sense.
fn argument(function: &Function, parameter: &Parameter) -> String {
    let kind = parameter.kind.as_str();
    if let Some(handle) = is_handle(kind) {
        return match is_in(GIVEN_AWAY, function, parameter) {
            true => format!("make_{handle}()"),
            false => format!("the_{handle}"),
        };
    }
    match kind {
        "furnace_error **" => "&error".to_owned(),
        "const char *" => "\"x\"".to_owned(),
        "const char *const *" => "strings".to_owned(),
        "const void *" => "\"x\"".to_owned(),
        "const gid_t *" => "groups".to_owned(),
        "int *" => "(int *)place".to_owned(),
        "bool *" => "(bool *)place".to_owned(),
        "size_t *" => "(size_t *)place".to_owned(),
        "uint16_t *" => "(uint16_t *)place".to_owned(),
        "uint64_t *" => "(uint64_t *)place".to_owned(),
        "furnace_log_callback" | "furnace_event_yielded" | "void *" => "NULL".to_owned(),
        "furnace_event_take" => "take".to_owned(),
        "bool" => "false".to_owned(),
        "int" | "unsigned int" | "size_t" | "uint16_t" | "uint32_t" | "uint64_t" | "pid_t" | "uid_t" | "gid_t"
        | "mode_t" => "1".to_owned(),
        other => match other.strip_suffix(" **") {
            Some(handle) => format!("({handle} **)place"),
            None => panic!(
                "a test has to be taught what to give for {other}, as {} takes it",
                function.name
            ),
        },
    }
}

/// The call with NULL for one parameter.
fn call(function: &Function, null: &Parameter, without_error: bool) -> String {
    let arguments = function.parameters.iter().map(|parameter| match parameter {
        parameter if parameter.name == null.name => "NULL".to_owned(),
        parameter if parameter.name == "error" && without_error => "NULL".to_owned(),
        parameter => argument(function, parameter),
    });
    format!("{}({})", function.name, arguments.collect::<Vec<_>>().join(", "))
}

fn checks_of(function: &Function) -> String {
    let mut checks = String::new();
    let makes_errors = function.parameters.iter().any(|parameter| parameter.name == "error");
    for null in function.parameters.iter().filter(|parameter| parameter.is_pointer()) {
        if null.name == "error" || is_in(OPTIONAL, function, null) {
            continue;
        }
        let plainly = call(function, null, false);
        if makes_errors {
            let told = format!("{}: {} is NULL", function.name, null.name);
            writeln!(checks, "    refused({plainly}, \"{told}\");").unwrap();
            writeln!(checks, "    CHECK({} == -EINVAL);", call(function, null, true)).unwrap();
        } else if function.result == "void" {
            writeln!(checks, "    {plainly};").unwrap();
        } else {
            let given = FOR_NULL.iter().find(|(name, _)| *name == function.name);
            writeln!(
                checks,
                "    CHECK({plainly} == {});",
                given.map_or("0", |(_, given)| given)
            )
            .unwrap();
            writeln!(checks, "    clear();").unwrap();
        }
    }
    checks
}

const BEGINNING: &str = r#"#include "fixtures.h"

/* What a function that fails must not write to. */
static unsigned char place[64];

static void refused(int result, const char *message)
{
    CHECK(result == -EINVAL);
    if (!error || strcmp(furnace_error_message(error), message) != 0)
        fprintf(stderr, "not said: %s\n", message);
    CHECK(error && strcmp(furnace_error_message(error), message) == 0);
    FAILS(result, EINVAL, FURNACE_ERROR_INVALID_INPUT);
    for (size_t i = 0; i < sizeof(place); i++)
        CHECK(place[i] == 0xa5);
}

static int take(int *signal, void *data)
{
    (void)signal, (void)data;
    return FURNACE_EVENT_NONE;
}

static void clear(void)
{
    memset(place, 0xa5, sizeof(place));
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    clear();
    const char *const strings[] = {"x=y", NULL};
    const gid_t groups[] = {1};
"#;

/// After all of it, what was called with is as it was.
const END: &str = r#"
    CHECK(furnace_container_pid(the_container()) > 0);
    WRITES(the_furnace_command, "");
    int status;
    OK(furnace_child_wait(the_furnace_child, &status, &error));
    OK(furnace_named_stop(the_furnace_named, &error));
"#;

fn source(with_containers: bool) -> String {
    let mut source = BEGINNING.to_owned();
    let mut handles = header::handles();
    handles.retain(|handle| with_containers || !OF_CONTAINERS.contains(&handle.as_str()));
    for handle in &handles {
        let made = if handle == "furnace_container" {
            "the_container()".to_owned()
        } else {
            format!("make_{handle}()")
        };
        writeln!(source, "    {handle} *the_{handle} = {made};").unwrap();
    }
    let functions = header::functions();
    for function in functions
        .iter()
        .filter(|function| with_containers || !is_of_containers(function))
    {
        source += &checks_of(function);
    }
    if with_containers {
        source += END;
    }
    for handle in &handles {
        writeln!(source, "    {handle}_free(the_{handle});").unwrap();
    }
    source + "    return 0;\n}\n"
}

fn run(build: Build) -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let file = scratch.join("nulls.c");
    fs::write(&file, source(true))?;
    let program = compile(scratch.path(), "nulls", &file, build);
    done(Command::new(program).arg(root.path()).arg(scratch.path()));
    Ok(())
}

fn valgrind() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let file = scratch.join("nulls.c");
    fs::write(&file, source(false))?;
    let program = compile(scratch.path(), "nulls", &file, Build::Shared);
    done(under_valgrind(&program).arg(root.path()).arg(scratch.path()));
    Ok(())
}

fn table_is_true() -> Outcome {
    let functions = header::functions();
    let all: Vec<(&str, &str)> = functions
        .iter()
        .flat_map(|function| {
            function
                .parameters
                .iter()
                .map(|parameter| (function.name.as_str(), parameter.name.as_str()))
        })
        .collect();
    for row in OPTIONAL.iter().chain(GIVEN_AWAY) {
        assert!(all.contains(row), "{row:?} is not in the header");
    }
    for (name, _) in FOR_NULL {
        assert!(
            functions.iter().any(|function| function.name == *name),
            "{name} is not in the header"
        );
    }
    Ok(())
}
