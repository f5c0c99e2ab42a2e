//! The scripts that shells complete with, and that ask for names.

use crate::generated::Shell;

const BASH: &str = include_str!("names.bash");
const ZSH: &str = include_str!("names.zsh");
const FISH: &str = include_str!("names.fish");

/// `script`, which knows of options, with what asks for names.
pub(crate) fn with_names(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Bash => match script.rfind("\nif ") {
            Some(end) => format!(
                "{}{BASH}{}",
                &script[..end],
                script[end + 1..].replace("complete -F _furnace ", "complete -F _furnace_or_names ")
            ),
            None => script.to_owned(),
        },
        // At its end it is called, where zsh loads it in the moment that it is needed.
        Shell::Zsh => match script.rfind("if [ \"$funcstack[1]\"") {
            Some(end) => format!("{}{ZSH}{}", &script[..end], &script[end..]),
            None => script.to_owned(),
        },
        Shell::Fish => format!("{script}{FISH}"),
    }
}
