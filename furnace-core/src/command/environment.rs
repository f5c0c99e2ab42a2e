//! A command's environment: the caller's, with changes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    cleared: bool,
    /// What is set, and what is removed.
    changes: BTreeMap<OsString, Option<OsString>>,
}

impl Environment {
    pub(super) fn set(&mut self, name: &OsStr, value: &OsStr) {
        self.changes.insert(name.to_owned(), Some(value.to_owned()));
    }

    pub(super) fn remove(&mut self, name: &OsStr) {
        self.changes.insert(name.to_owned(), None);
    }

    /// Whether it was set, or removed by its name.
    pub(super) fn decides_on(&self, name: &OsStr) -> bool {
        self.changes.contains_key(name)
    }

    pub(super) fn clear(&mut self) {
        self.cleared = true;
        self.changes.clear();
    }

    /// The environment as of now.
    pub(super) fn resolve(&self) -> BTreeMap<OsString, OsString> {
        let mut all: BTreeMap<_, _> = if self.cleared {
            BTreeMap::new()
        } else {
            std::env::vars_os().collect()
        };
        for (name, value) in &self.changes {
            match value {
                Some(value) => all.insert(name.clone(), value.clone()),
                None => all.remove(name),
            };
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn what_is_set_after_a_clear_is_all_there_is() {
        let mut environment = Environment::default();
        environment.set("A".as_ref(), "1".as_ref());
        environment.clear();
        environment.set("B".as_ref(), "2".as_ref());
        environment.set("C".as_ref(), "3".as_ref());
        environment.remove("C".as_ref());
        let all: Vec<_> = environment.resolve().into_iter().collect();
        assert_eq!(all, [("B".into(), "2".into())]);
    }

    #[test]
    fn the_callers_is_inherited_but_for_what_is_removed() {
        let mut environment = Environment::default();
        assert_eq!(
            environment.resolve().get("PATH".as_ref() as &std::ffi::OsStr),
            std::env::var_os("PATH").as_ref()
        );
        environment.remove("PATH".as_ref());
        assert!(!environment.resolve().contains_key("PATH".as_ref() as &std::ffi::OsStr));
    }
}
