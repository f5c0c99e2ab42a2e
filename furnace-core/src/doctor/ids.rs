//! Ids that a user may map into user namespaces (subuid(5), subgid(5)), by the files of this machine alone.

use rustix::process::getuid;

use super::finding::Finding;
use super::machine::described;
use crate::error::escape::escaped;

pub(super) const REMEDY_USERS: &str =
    "give the user a range, for example with `usermod --add-subuids 100000-165535 USER`";
pub(super) const REMEDY_GROUPS: &str =
    "give the user a range, for example with `usermod --add-subgids 100000-165535 USER`";

/// Whether the file gives a range of ids to this user.
pub(super) fn range(path: &str) -> Finding {
    let uid = getuid().as_raw().to_string();
    let user = user_name(&uid);
    let lines = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return Finding::no(format!("cannot read {path}: {}", described(&error))),
    };
    let is_of_user = |who: &str| who == uid || Some(who) == user.as_deref();
    let ranges: Vec<String> = lines
        .lines()
        .filter_map(parse)
        .filter(|(who, ..)| is_of_user(who))
        .map(|(_, first, count)| format!("{count} from {first} on"))
        .collect();
    let whom = user.map_or_else(|| format!("user {uid}"), |name| escaped(&name).to_string());
    if ranges.is_empty() {
        Finding::no(format!("{path} gives no ids to {whom}"))
    } else {
        Finding::yes(format!("{path} gives {whom} {}", ranges.join(" and ")))
    }
}

/// One line: who, the first id, how many.
fn parse(line: &str) -> Option<(&str, u32, u32)> {
    let mut fields = line.split(':');
    let who = fields.next()?;
    let first = fields.next()?.trim().parse().ok()?;
    let count = fields.next()?.trim().parse().ok().filter(|count| *count > 0)?;
    fields.next().is_none().then_some((who, first, count))
}

/// The first name that passwd(5) has for the id.
fn user_name(uid: &str) -> Option<String> {
    let bytes = std::fs::read("/etc/passwd").ok()?;
    let lines = String::from_utf8_lossy(&bytes);
    lines.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1) == Some(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_line_has_three_fields() {
        assert_eq!(parse("ann:100000:65536"), Some(("ann", 100_000, 65_536)));
        assert_eq!(parse("1000:1:1"), Some(("1000", 1, 1)));
        for odd in [
            "",
            "ann",
            "ann:1",
            "ann:1:0",
            "ann:-1:1",
            "ann:1:2:3",
            "ann:x:1",
            "# ann",
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }
}
