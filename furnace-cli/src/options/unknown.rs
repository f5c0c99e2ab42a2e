//! Words that nobody knows, and what was probably meant.

use crate::output::escape::escaped;

/// How much alike two words are, at least, if the one may have been meant by the other: as clap has it for options.
const ALIKE: f64 = 0.7;

/// Says that `word` is no `what`, and which of `known` it may have been. What follows a `=` is not compared.
pub(crate) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let shown = escaped(word);
    match nearest(word, known) {
        Some(nearest) => format!("`{shown}` is no {what}: did you mean `{nearest}`?"),
        None => format!("`{shown}` is no {what}; there are {}", known.join(", ")),
    }
}

/// Which of `known` is most like `word`, if any is like it.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let typed = name(word);
    let alike = known
        .iter()
        .map(|known| (strsim::jaro(typed, name(known)), *known))
        .filter(|(likeness, _)| *likeness > ALIKE);
    let (_, nearest) = alike.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    Some(nearest)
}

fn name(word: &str) -> &str {
    word.split_once('=').map_or(word, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::unknown;

    const KNOWN: [&str; 3] = ["nodev", "noexec", "idmap=HOST-INSIDE"];

    #[test]
    fn the_nearest_is_named() {
        for (typed, meant) in [
            ("noexce", "noexec"),
            ("exec", "noexec"),
            ("dev", "nodev"),
            ("NOEXEC", "nodev, noexec"),
            ("idmap", "idmap=HOST-INSIDE"),
            ("idmaps=1-2", "idmap=HOST-INSIDE"),
        ] {
            let said = unknown("flag", typed, &KNOWN);
            assert!(said.contains(meant), "{said}");
        }
    }

    #[test]
    fn what_is_like_none_gets_all() {
        let said = unknown("flag", "\x1b", &KNOWN);
        assert_eq!(said, "`\\u{1b}` is no flag; there are nodev, noexec, idmap=HOST-INSIDE");
    }
}
